// A client of highway's wire protocol, dialect 0.2, over the WebSocket that browsers have.
//
// This is not highway.js, which no registry has. It does on the wire what highway.js 0.2.0 does, its oddities included:
// its only number is the double, it reads route ids from the wrong bytes, and it is as lenient in reading. That it writes the
// same bytes for the same values is tested against what highway.js was recorded to write.
"use strict";

(() => {
    const STRING = 0, INTEGER = 1, FLOAT = 2, BOOLEAN = 3, LIST = 4, DICT = 5, TUPLE = 6, BYTES = 7, NONE = 8;
    const HEADER = 4;

    class Unsupported extends Error {}

    /** The type code and the payload's bytes of a value. */
    function write(value) {
        const text = (code, text) => ({ code, payload: new TextEncoder().encode(text) });
        if (value instanceof Number || value instanceof String || value instanceof Boolean) {
            value = value.valueOf();
        }
        if (value === null) {
            return text(NONE, "");
        }
        switch (typeof value) {
            case "string":
                return text(STRING, value);
            case "number":
                return text(Number.isInteger(value) ? INTEGER : FLOAT, String(value));
            case "boolean":
                return text(BOOLEAN, value ? "1" : "0");
        }
        if (Array.isArray(value)) {
            return text(LIST, JSON.stringify(value));
        }
        if (value instanceof Int8Array) {
            return { code: BYTES, payload: new Uint8Array(value.buffer, value.byteOffset, value.length) };
        }
        if (Object.prototype.toString.call(value) === "[object Object]") {
            return text(DICT, JSON.stringify(value));
        }
        throw new Unsupported("a value of this type cannot be sent");
    }

    /** The value of a payload, as leniently as highway.js reads it. */
    function read(code, payload) {
        if (code === BYTES) {
            return new Int8Array(payload);
        }
        const text = new TextDecoder().decode(payload);
        switch (code) {
            case INTEGER:
            case FLOAT:
                return Number(text);
            case BOOLEAN:
                return Boolean(Number(text));
            case LIST:
            case DICT:
            case TUPLE:
                try {
                    return JSON.parse(text);
                } catch {
                    return undefined;
                }
            case NONE:
                return null;
            default:
                return text;
        }
    }

    class WireClient {
        /** `routes` is an object of functions, which are called with the value and its type code. */
        constructor(url, routes, { onOpen = () => {}, onReady = () => {}, onClose = () => {} } = {}, subprotocols = []) {
            this.names = ["meta", ...Object.keys(routes)];
            this.routes = routes;
            this.peer = { 0: "meta" };
            this.onReady = onReady;
            this.socket = new WebSocket(url, subprotocols);
            this.socket.binaryType = "arraybuffer";
            this.socket.onopen = onOpen;
            this.socket.onmessage = (event) => this.receive(event.data);
            // The close that follows tells all that a page may know; `ws` ends the process where nobody listens.
            this.socket.onerror = () => {};
            this.socket.onclose = (event) => onClose(event.code, event.reason);
        }

        receive(message) {
            const header = new Int8Array(message, 0, HEADER);
            const id = header[1] * 256 + header[2];
            const value = read(header[0], message.slice(HEADER));
            if (id === 0) {
                this.exchange(value);
            } else if (this.names[id] !== undefined) {
                this.routes[this.names[id]](value, header[0]);
            } else {
                console.error("no route has the id", id);
            }
        }

        /** Each table is answered with this side's. */
        exchange(table) {
            if (typeof table !== "object") {
                this.close(3003, "Invalid state");
                return;
            }
            this.peer = table;
            this.send(Object.fromEntries(this.names.entries()), "meta");
            this.onReady(table);
        }

        send(value, name) {
            const id = Object.keys(this.peer).find((id) => this.peer[id] === name);
            if (id === undefined) {
                throw new Error(`the peer has no route ${name}`);
            }
            const { code, payload } = write(value);
            const message = new Uint8Array(HEADER + payload.length);
            message.set([code, 0, id & 255, id >> 8]);
            message.set(payload, HEADER);
            this.socket.send(message);
        }

        close(code, reason) {
            this.socket.close(code, reason);
        }
    }

    globalThis.highwayWire = { WireClient, write, read };
})();

// The commands and events of conversation.py, for a JavaScript peer; values are JavaScript expressions.
//
// There is one command more: `text` (`connection`, `text`) sends a WebSocket text message. `connect` may have `subprotocols`. Fields are added: `received` and
// `echoed` tell the `code` of the type with which the value came, `echoed` also the `written_code` and the `written` payload
// (hexadecimal) with which it went.
"use strict";

(() => {
    const { WireClient, write, read } = globalThis.highwayWire;

    const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const evaluate = (expression) => (0, eval)(`(${expression})`);
    const typeOf = (value) => (value === null || value === undefined ? String(value) : value.constructor?.name ?? "Object");

    function textOf(value) {
        if (value instanceof Int8Array) {
            return `Int8Array [${value}]`;
        }
        return typeof value === "number" ? (Object.is(value, -0) ? "-0" : String(value)) : String(JSON.stringify(value));
    }

    /** Equality of value, type and order, where a NaN equals a NaN and 0 is not -0. */
    function isSame(left, right) {
        if (typeof left !== "object" || left === null || right === null) {
            return Object.is(left, right);
        }
        const keys = Object.keys(left);
        return (
            left.constructor === right.constructor &&
            keys.length === Object.keys(right).length &&
            keys.every((key, index) => key === Object.keys(right)[index] && isSame(left[key], right[key]))
        );
    }

    /** A peer that tells its events with `announce`; gives back the function that carries out a command. */
    globalThis.highwayConversation = (announce) => {
        const connections = [];

        function connect({ url, subprotocols }) {
            const connection = connections.length;
            const tell = (event, fields) => announce({ event, connection, ...fields });
            const received = (route, value, code) =>
                tell("received", { route, type: typeOf(value), repr: textOf(value), code });
            const routes = {
                echo(value, code) {
                    received("echo", value, code);
                    client.send(value, "echoed");
                },
                echoed(value, code) {
                    if (client.exchange === undefined) {
                        received("echoed", value, code);
                    } else {
                        client.exchange(value, code);
                    }
                },
                fail(value, code) {
                    received("fail", value, code);
                    throw new Error("the route fails, as it is there for");
                },
            };
            const client = new WireClient(url, routes, {
                onOpen: () => tell("open"),
                onReady: (routes) => tell("ready", { routes }),
                onClose: (code, reason) => {
                    tell("closed", { code, reason });
                    tell("ended", { error: null, code, reason });
                },
            }, subprotocols);
            connections.push(client);
        }

        function exchange({ connection, values }) {
            const client = connections[connection];
            const tell = (event, fields) => announce({ event, connection, ...fields });
            let index = -1;
            let count = 0;
            let sent;
            function proceed() {
                while (++index < values.length) {
                    try {
                        const value = evaluate(values[index]);
                        const { code, payload } = write(value);
                        sent = { value, code, payload, expected: read(code, payload.slice().buffer) };
                        client.send(value, "echo");
                        return;
                    } catch (error) {
                        tell("unsendable", { index, sent: values[index], error: String(error) });
                    }
                }
                client.exchange = undefined;
                tell("exchanged", { count });
            }
            client.exchange = (value, code) => {
                count += 1;
                tell("echoed", {
                    index,
                    sent: values[index],
                    sent_type: typeOf(sent.value),
                    written_code: sent.code,
                    written: hex(sent.payload),
                    equal: isSame(sent.expected, value),
                    expected: textOf(sent.expected),
                    expected_type: typeOf(sent.expected),
                    received: textOf(value),
                    received_type: typeOf(value),
                    code,
                });
                proceed();
            };
            proceed();
        }

        const commands = {
            connect,
            exchange,
            send: ({ connection, route, value }) => connections[connection].send(evaluate(value), route),
            raw: ({ connection, hex }) =>
                connections[connection].socket.send(
                    Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16)),
                ),
            text: ({ connection, text }) => connections[connection].socket.send(text),
            close: ({ connection, code, reason }) => connections[connection].close(code, reason),
        };
        return (line) => {
            const command = JSON.parse(line);
            try {
                commands[command.do](command);
            } catch (error) {
                const connection = command.connection ?? null;
                announce({ event: "failed", connection, command: line, error: String(error) });
            }
        };
    };
})();

/** The routes of both sides, and forms that call them: the server's as a client of its own, a connection's through the inspector. */
import { connect, tuple } from "./highway.js";
import { byId, count, el } from "./dom.js";
import { control, definitionText, Invalid, namesIn, typeText } from "./form.js";
import { show } from "./literal.js";

/** Items and messages that are shown. */
const ITEMS = 200;

export function routes(server, about) {
  const description = JSON.parse(about.description);
  const types = description.types ?? {};
  const url = new URL(about.server_path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  let connection = null;
  /** This page as a client of the server, once it has called a route. */
  let client = null;
  let chosen = null;

  list();

  function list() {
    const peers = description.peer ?? [];
    const group = (title, of, routes) => [
      el("h3", {}, title),
      routes.length === 0 ? el("p", { className: "quiet" }, "none declared") : el("ul", {}, routes.map((route) => el("li", {}, button(of, route)))),
    ];
    const others = el("button", { type: "button" }, "another route…");
    others.onclick = () => choose("peer", { name: "", declared: false }, others);
    byId("route-list").replaceChildren(
      ...group("Of the server", "server", description.serves),
      ...group("Of a connection", "peer", peers),
      others);
    const names = [...description.serves, ...peers].map(({ name }) => el("option", { value: name }));
    byId("route-names").replaceChildren(...names);
  }

  function button(of, route) {
    const button = el("button", { type: "button", title: route.name }, route.name);
    button.onclick = () => choose(of, route, button);
    return button;
  }

  function choose(of, route, button) {
    for (const other of byId("route-list").querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    chosen = { of, route };
    detail();
  }

  function detail() {
    const { of, route } = chosen;
    const facts = [["takes", typeText(route.data)], ["returns", typeText(route.reply)]];
    if (!route.declared) facts.splice(0, 2, ["types", "not known, as no protocol declares the route"]);
    if (route.error !== undefined) facts.push(["or fails with", typeText(route.error)]);
    if (route.around?.length) facts.push(["around it", route.around.join(", ")]);
    if (route.source) facts.push(["source", `${route.source.file}:${route.source.line}`]);
    for (const name of namesIn([route.data, route.reply, route.error], types)) facts.push(["where", definitionText(name, types[name])]);
    byId("route-detail").replaceChildren(...[
      route.name && el("h3", { className: "code" }, route.name),
      route.docs && el("p", { className: "docs" }, route.docs),
      el("dl", { className: "types" }, facts.map(([name, text]) => [el("dt", {}, name), el("dd", { className: "code" }, text)])),
      ...form(of, route),
    ].filter(Boolean));
  }

  function form(of, route) {
    const name = el("input", { type: "text", required: true, autocomplete: "off", spellcheck: false });
    const isStream = typeof route.data === "object" && "stream" in route.data;
    const type = route.declared ? route.data ?? "none" : "any";
    const names = route.parameters ?? [];
    const label = names.length === 1 ? names[0] : "data";
    const data = control(type, types, label, names);
    const target = el("input", { type: "text", inputMode: "numeric", value: connection ?? "", required: true });
    const answer = el("div", { className: "answer", role: "region", "aria-label": "Answer", tabIndex: 0, hidden: true });
    const state = el("p", { role: "status", className: "quiet" });
    const stop = el("button", { type: "button", hidden: true }, "Stop");
    const kinds = ways(route);
    const buttons = kinds.map(([kind, text], index) => el("button", { type: "submit", value: kind, className: index === 0 ? "main" : "" }, text));
    const element = el("form", { noValidate: true },
      route.name ? null : el("label", { className: "field" }, el("span", {}, "route"), name),
      of === "peer" ? el("label", { className: "field" }, el("span", {}, "connection"), target) : clientField(),
      data.element ?? el("p", { className: "quiet" }, "It takes nothing."),
      el("div", { className: "row" }, buttons, stop));
    element.onsubmit = async (event) => {
      event.preventDefault();
      const kind = event.submitter?.value ?? kinds[0][0];
      const begun = performance.now();
      const took = () => `${(performance.now() - begun).toFixed(1)} ms`;
      const lines = [];
      const abort = new AbortController();
      const print = (line) => {
        lines.push(line);
        if (lines.length > ITEMS) lines.shift();
        answer.hidden = false;
        answer.replaceChildren(el("pre", {}, lines.join("\n")));
        answer.scrollTop = answer.scrollHeight;
      };
      answer.hidden = true;
      state.className = "quiet";
      stop.hidden = kind === "send";
      stop.onclick = () => abort.abort(new Error("stopped"));
      for (const button of buttons) button.disabled = true;
      state.textContent = "under way";
      try {
        const value = data.value();
        const called = route.name || name.value;
        const peer = of === "peer" ? through(target.value, called, isStream) : await own(called);
        if (kind === "send") {
          await peer.send(value);
          state.textContent = `sent in ${took()}`;
        } else if (kind === "call") {
          const reply = await peer.call(value, abort.signal);
          print(show(reply));
          state.textContent = `answered in ${took()}`;
        } else {
          let items = 0;
          for await (const item of peer.stream(value, abort.signal)) {
            print(show(item));
            state.textContent = `${count(++items)} items in ${took()}`;
          }
          state.textContent = `${count(items)} items, and its end, in ${took()}`;
        }
      } catch (error) {
        if (error instanceof Invalid) error.control.focus();
        state.className = "bad";
        const code = error.code ? ` (${error.code})` : "";
        state.textContent = abort.signal.aborted ? "stopped" : `${error.kind ? `${error.kind}: ` : ""}${error.message}${code}`;
        if (error.data !== undefined && error.data !== null) print(show(error.data));
      }
      stop.hidden = true;
      for (const button of buttons) button.disabled = false;
    };
    return [element, state, answer];
  }

  /** What can be done with a route, the usual first. */
  function ways({ declared, data, reply }) {
    const all = [["call", "Call"], ["send", "Send"], ["stream", "Open the stream"]];
    if (!declared) return all;
    if (typeof reply === "object" && "stream" in reply) return [all[2]];
    // No message carries a stream.
    const isStream = typeof data === "object" && "stream" in data;
    return isStream ? [all[0]] : [all[0], all[1]];
  }

  /** A route of a connection's peer, by way of the inspector. */
  function through(id, route, items) {
    const number = Number(id);
    if (id.trim() === "" || !Number.isSafeInteger(number) || number < 0) throw new Error("choose a connection, or give its id");
    const to = (data) => tuple({ connection: number, route, items }, data);
    return {
      send: (data) => server.call("send", to(data)),
      call: (data, signal) => server.call("call", to(data), { signal, timeout: 0 }),
      stream: (data, signal) => server.stream("stream", to(data), { signal }),
    };
  }

  /** A route of the server, of which this page is a client then. */
  async function own(route) {
    if (client === null || client.status === "closed") {
      const handlers = Object.fromEntries((description.peer ?? []).map(({ name }) => [name, () => null]));
      client = await connect(url, handlers, { reconnect: false });
    }
    return {
      send: (data) => client.send(route, data),
      call: (data, signal) => client.call(route, data, { signal }),
      stream: (data, signal) => client.stream(route, data, { signal }),
    };
  }

  function clientField() {
    const input = el("input", { type: "text", value: url.href, spellcheck: false, autocomplete: "off", size: 30 });
    input.onchange = () => {
      try {
        url.href = new URL(input.value, url).href;
        client?.close();
        client = null;
        input.removeAttribute("aria-invalid");
      } catch {
        input.setAttribute("aria-invalid", "true");
      }
    };
    return el("label", { className: "field", title: "The page connects there as a client of its own, which stays connected" }, el("span", {}, "as a client of"), input);
  }

  return {
    /** The connection that forms are for. */
    select(id) {
      connection = id;
      if (chosen?.of === "peer") detail();
    },
  };
}

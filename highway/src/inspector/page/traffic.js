/** The messages as they pass. The server sends a sample: what is too much is left out there, and its number told. */
import { byId, bytes, count, el } from "./dom.js";

/** Rows that are kept. */
const ROWS = 500;

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

export function traffic(server) {
  const body = byId("messages");
  const log = byId("log");
  let connection = null;
  let stream = null;
  let paused = false;

  /** Watches what the filters let pass, in place of what was watched before. */
  async function watch() {
    stream?.cancel();
    stream = null;
    if (paused || document.hidden || server.status !== "open") return;
    const route = byId("route").value.trim();
    const filter = {};
    if (connection !== null) filter.connection = connection;
    if (route !== "") filter.route = route;
    if (byId("way").value !== "") filter.direction = byId("way").value;
    const mine = (stream = server.stream("watch", filter));
    try {
      for await (const seen of mine) {
        if (stream !== mine) return;
        add(seen);
      }
    } catch (error) {
      if (stream === mine && error.kind !== "closed" && error.kind !== "cancelled") note(`messages can't be shown: ${error.message}`);
    }
  }

  function add({ messages, left_out }) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const rows = document.createDocumentFragment();
    for (const message of messages) rows.append(row(message));
    if (left_out > 0) leftOut(rows, left_out);
    body.append(rows);
    while (body.childElementCount > ROWS) body.firstChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  function row(message) {
    const arrow = message.way === "received" ? "→" : "←";
    const kind = el("td", { className: message.way, title: message.way }, `${arrow} `, el("span", { className: "hidden" }, message.way), ` ${message.kind}`);
    const data = el("td", { className: message.is_cut ? "data cut" : "data" }, message.data);
    const conversation = message.conversation === null ? undefined : `call or stream ${message.conversation}`;
    const element = el("tr", { title: conversation },
      el("td", {}, time.format(message.at)),
      el("td", {}, String(message.connection)),
      kind,
      el("td", { title: message.route }, message.route),
      el("td", { className: "number" }, bytes(message.bytes)),
      data);
    element.words = `${message.connection} ${message.way} ${message.kind} ${message.route} ${message.data}`.toLowerCase();
    element.hidden = !matches(element);
    return element;
  }

  /** One row stands for all that were left out one after the other. */
  function leftOut(rows, number) {
    const last = rows.lastElementChild ?? body.lastElementChild;
    const text = (number) => `${count(number)} more passed that are not shown`;
    if (last?.leftOut !== undefined) {
      last.leftOut += number;
      last.firstChild.textContent = text(last.leftOut);
      return;
    }
    const element = el("tr", { className: "left-out" }, el("td", { colSpan: 6 }, text(number)));
    element.leftOut = number;
    rows.append(element);
  }

  function note(text) {
    body.append(el("tr", { className: "left-out" }, el("td", { colSpan: 6 }, text)));
  }

  const matches = (row) => row.words === undefined || row.words.includes(byId("filter").value.trim().toLowerCase());

  byId("filter").oninput = () => {
    for (const row of body.children) row.hidden = !matches(row);
  };
  byId("route").onchange = byId("way").onchange = () => void watch();
  byId("clear").onclick = () => body.replaceChildren();
  byId("pause").onclick = () => {
    paused = !paused;
    byId("pause").setAttribute("aria-pressed", String(paused));
    byId("pause").textContent = paused ? "Go on" : "Pause";
    void watch();
  };
  document.addEventListener("visibilitychange", () => void watch());

  return {
    watch: () => void watch(),
    /** Watches one connection, or all for `null`. */
    select(id) {
      connection = id;
      byId("whose").textContent = id === null ? "of all connections" : `of connection ${id}`;
      body.replaceChildren();
      void watch();
    },
  };
}

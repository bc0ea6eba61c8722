/** The connections: a page of them at a time, and one by itself. */
import { age, byId, bytes, count, el, micros, plural, repeat, setText } from "./dom.js";

/** Rows on a page; round trips that are kept of a connection, and connections of which they are. */
const ROWS = 50;
const TRIPS = 180;
const PLOTTED = 400;

const SVG = "http://www.w3.org/2000/svg";

/** `onselect(id)` is called with the connection that is chosen, or `null` for all. */
export function connections(server, onselect) {
  const rows = new Map();
  const trips = new Map();
  let offset = 0;
  let selected = null;

  const update = repeat(1000, async () => {
    const wanted = { search: byId("search").value.trim().toLowerCase(), sort: byId("sort").value, offset, count: ROWS };
    const page = await server.call("connections", wanted);
    if (offset > 0 && offset >= page.found) {
      offset = Math.max(0, Math.floor((page.found - 1) / ROWS) * ROWS);
      return void setTimeout(update);
    }
    show(page);
    if (selected !== null) await showDetail();
  });

  function show({ all, found, rows: page }) {
    const body = byId("rows");
    const shown = new Set(page.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (shown.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    page.forEach((data, index) => {
      let row = rows.get(data.id);
      if (!row) rows.set(data.id, row = newRow(data.id));
      // A row that is where it belongs is not touched, so that the focus stays.
      if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
      remember(data);
      fill(row, data);
    });
    byId("none").hidden = page.length > 0;
    const first = Math.min(offset + 1, found);
    const of = found === all ? count(all) : `${count(found)} found of ${count(all)}`;
    setText(byId("range"), `${count(first)} to ${count(offset + page.length)} of ${of}`);
    byId("previous").disabled = offset === 0;
    byId("next").disabled = offset + page.length >= found;
  }

  function newRow(id) {
    const button = el("button", { type: "button", "aria-pressed": "false", title: "Show this connection and its messages" }, String(id));
    button.onclick = () => select(selected === id ? null : id);
    const cells = Array.from({ length: 6 }, () => el("td"));
    const [name, address, rooms, waiting, calls] = cells;
    name.className = rooms.className = "long";
    waiting.className = calls.className = "number";
    address.className = "code";
    return { button, cells, element: el("tr", {}, el("td", {}, button), cells) };
  }

  function fill({ button, cells: [name, address, rooms, waiting, calls, trip], element }, row) {
    button.setAttribute("aria-pressed", String(row.id === selected));
    element.className = row.id === selected ? "chosen" : "";
    setText(name, row.name ?? "");
    name.title = row.name ?? "";
    setText(address, row.status === "open" ? row.address ?? "" : `${row.address ?? ""} (${row.status})`);
    const more = row.room_count - row.rooms.length;
    setText(rooms, row.rooms.join(", ") + (more > 0 ? ` and ${more} more` : ""));
    rooms.title = rooms.textContent;
    setText(waiting, `${count(row.queued)} / ${bytes(row.unwritten)}`);
    setText(calls, count(row.calls));
    plotInto(trip, row);
  }

  /** Keeps the round trip for the plot, of the connections that were shown last. */
  function remember({ id, round_trip }) {
    const of = trips.get(id) ?? [];
    trips.delete(id);
    trips.set(id, of);
    if (round_trip !== null) of.push(round_trip);
    if (of.length > TRIPS) of.shift();
    if (trips.size > PLOTTED) trips.delete(trips.keys().next().value);
  }

  function plotInto(cell, { id, round_trip }, isLong = false) {
    const of = trips.get(id) ?? [];
    if (cell.plot === undefined) {
      cell.plot = document.createElementNS(SVG, "svg");
      cell.plot.setAttribute("class", "plot");
      cell.plot.setAttribute("role", "img");
      cell.plot.setAttribute("preserveAspectRatio", "none");
      cell.plot.append(document.createElementNS(SVG, "polyline"));
      cell.text = document.createTextNode("");
      cell.replaceChildren(cell.plot, " ", cell.text);
    }
    const most = Math.max(...of, 1);
    cell.plot.setAttribute("viewBox", `0 0 ${TRIPS - 1} 100`);
    const begin = TRIPS - of.length;
    cell.plot.firstChild.setAttribute("points", of.map((trip, index) => `${begin + index},${100 - (95 * trip) / most}`).join(" "));
    const label = of.length === 0 ? "round trip: not measured yet"
      : `the last ${plural(Math.ceil(of.length / 60), "minute")}: now ${micros(of.at(-1))}, at most ${micros(most)}`;
    cell.plot.setAttribute("aria-label", label);
    const text = isLong ? label : round_trip === null ? "–" : micros(round_trip);
    if (cell.text.data !== text) cell.text.data = text;
  }

  async function showDetail() {
    const id = selected;
    const facts = byId("facts");
    let detail;
    try {
      detail = await server.call("connection", id);
    } catch (error) {
      if (selected !== id || error.kind !== "refused") return;
      setText(byId("detail-title"), `Connection ${id} has ended`);
      return;
    }
    if (selected !== id) return;
    const { row, rooms, serves, dialect } = detail;
    setText(byId("detail-title"), `Connection ${id}`);
    const speaks = { extended: "calls, streams and pipes (dialect 0.2, extended)", 0.2: "messages (dialect 0.2)", 0.1: "messages (dialect 0.1)" };
    const all = {
      address: row.address ?? "not known",
      name: row.name ?? "none",
      "there for": age(row.age),
      speaks: dialect === null ? "not known yet" : speaks[dialect],
      rooms: rooms.join(", ") || "none",
      serves: serves.join(", ") || "nothing",
      waiting: `${plural(row.queued, "message")} for the handler, ${bytes(row.unwritten)} to be written`,
      "round trip": null,
    };
    if (facts.childElementCount !== 2 * Object.keys(all).length) {
      facts.replaceChildren(...Object.keys(all).flatMap((name) => [el("dt", {}, name), el("dd")]));
    }
    Object.values(all).forEach((text, index) => {
      const cell = facts.children[2 * index + 1];
      if (text === null) plotInto(cell, row, true);
      else setText(cell, text);
    });
  }

  function select(id) {
    selected = id;
    byId("detail").hidden = id === null;
    byId("facts").replaceChildren();
    for (const [other, { button, element }] of rows) {
      button.setAttribute("aria-pressed", String(other === id));
      element.className = other === id ? "chosen" : "";
    }
    if (id !== null) void showDetail();
    onselect(id);
  }

  const again = () => {
    offset = 0;
    void update();
  };
  byId("search").oninput = again;
  byId("sort").onchange = again;
  byId("previous").onclick = () => {
    offset = Math.max(0, offset - ROWS);
    void update();
  };
  byId("next").onclick = () => {
    offset += ROWS;
    void update();
  };
  byId("unselect").onclick = () => {
    const row = rows.get(selected);
    select(null);
    (row?.button ?? byId("search")).focus();
  };
}

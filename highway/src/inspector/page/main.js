/** The page: a client of the inspector's own server, which is beside the page. */
import { connect } from "./highway.js";
import { connections } from "./connections.js";
import { byId, count, el, repeat, setText } from "./dom.js";
import { routes } from "./routes.js";
import { traffic } from "./traffic.js";

const url = new URL("ws", import.meta.url);
url.protocol = url.protocol === "https:" ? "wss:" : "ws:";

let messages = null;

function onstatus(status) {
  const element = byId("status");
  element.className = status;
  setText(element, { connecting: "connecting", open: "connected", reconnecting: "connecting again", closed: "not connected" }[status]);
  if (status === "open") messages?.watch();
}

/** The tabs, by keys too: the arrows go from one to the other. */
function tabs() {
  const all = [...document.querySelectorAll("[role=tab]")];
  const show = (tab) => {
    for (const other of all) {
      const isShown = other === tab;
      other.setAttribute("aria-selected", String(isShown));
      other.tabIndex = isShown ? 0 : -1;
      byId(other.getAttribute("aria-controls")).hidden = !isShown;
    }
  };
  for (const [index, tab] of all.entries()) {
    tab.onclick = () => show(tab);
    tab.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = all[(index + step + all.length) % all.length];
      show(next);
      next.focus();
    };
  }
}

/** The numbers of the server as a whole. Messages are told by the second. */
function numbers(server) {
  let before = null;
  repeat(1000, async () => {
    const overview = await server.call("overview");
    const now = performance.now();
    const sum = (key) => overview.routes.reduce((sum, route) => sum + Number(route[key]), 0);
    const passed = { received: sum("received"), sent: sum("sent"), dropped: sum("dropped") };
    const rate = (key) => (before === null ? 0 : Math.max(0, Math.round(((passed[key] - before[key]) * 1000) / (now - before.now))));
    const all = {
      connections: overview.connections,
      "refused before": overview.refused,
      rooms: overview.rooms,
      pipes: overview.pipes,
      "received/s": rate("received"),
      "sent/s": rate("sent"),
      "broadcasts missed": passed.dropped,
    };
    before = { ...passed, now };
    const element = byId("numbers");
    if (element.childElementCount === 0) {
      element.append(...Object.keys(all).map((name) => el("div", {}, el("dt", {}, name), el("dd"))));
    }
    Object.values(all).forEach((number, index) => setText(element.children[index].lastChild, count(number)));
  });
}

tabs();
try {
  const server = await connect(url, {}, { onstatus, waitForServer: true });
  const about = await server.call("about");
  const { name } = JSON.parse(about.description);
  document.title = `${name} · inspector`;
  setText(byId("server"), name);
  messages = traffic(server);
  const forms = routes(server, about);
  numbers(server);
  connections(server, (id) => {
    messages.select(id);
    forms.select(id);
  });
  messages.watch();
} catch (error) {
  byId("status").className = "closed";
  setText(byId("status"), `not connected: ${error.message}`);
}

import { connect, tuple } from "/highway.js";

const board = document.getElementById("board");
const status = document.getElementById("status");
const elements = new Map(); // of cards, by their numbers
const pointers = new Map(); // of people, by theirs
const names = new Map();
const name = ["Otter", "Heron", "Lynx", "Wren", "Marten", "Ibex", "Swift", "Vole"][Math.floor(Math.random() * 8)];
const color = (id) => `hsl(${(Number(id) * 67) % 360} 50% 45%)`;
let you;

/** Shows a card as it is now. */
function show(card) {
  let element = elements.get(card.id);
  if (!element) {
    element = document.createElement("div");
    element.className = "card";
    element.innerHTML = `<button title="Take away">×</button><p contenteditable="plaintext-only"></p>`;
    element.querySelector("button").onclick = () => server.send("remove", card.id);
    element.querySelector("p").oninput = ({ target }) => change({ ...element.card, text: target.textContent });
    element.onpointerdown = (event) => drag(element, event);
    elements.set(card.id, element);
    board.append(element);
  }
  // A float that is whole is an object, so that it would go back as a float.
  card = { ...card, x: Number(card.x), y: Number(card.y) };
  element.card = card;
  element.style.translate = `${card.x}px ${card.y}px`;
  const text = element.querySelector("p");
  if (text.textContent !== card.text) text.textContent = card.text;
}

function change(card) {
  show(card);
  server.send("change", card);
}

function drag(element, down) {
  if (down.target.closest("p, button")) return;
  element.setPointerCapture(down.pointerId);
  const { card } = element;
  element.onpointermove = (move) => change({ ...element.card, x: card.x + move.clientX - down.clientX, y: card.y + move.clientY - down.clientY });
  element.onpointerup = () => (element.onpointermove = null);
}

/** Shows who is there; what others have left behind goes. */
function meet(people) {
  names.clear();
  for (const { id, name } of people) names.set(id, name);
  document.getElementById("people").replaceChildren(
    ...people.map(({ id, name }) => {
      const element = document.createElement("li");
      element.textContent = id === you ? `${name} (you)` : name;
      element.style.background = color(id);
      return element;
    }),
  );
  for (const [id, pointer] of pointers) if (!names.has(id)) pointer.remove(), pointers.delete(id);
}

async function join() {
  const { you: id, cards, people } = await server.call("join", name);
  you = id;
  for (const [card, element] of elements) if (!cards.some((of) => of.id === card)) element.remove(), elements.delete(card);
  cards.forEach(show);
  meet(people);
}

const server = await connect(
  new URL("/ws", location.href).href.replace(/^http/, "ws"),
  {
    card: show,
    removed(id) {
      elements.get(id)?.remove();
      elements.delete(id);
    },
    people: meet,
    pointed([id, x, y]) {
      let pointer = pointers.get(id);
      if (!pointer) {
        pointer = document.createElement("div");
        pointer.className = "pointer";
        pointers.set(id, pointer);
        board.append(pointer);
      }
      pointer.textContent = names.get(id) ?? "";
      pointer.style.color = color(id);
      pointer.style.transform = `translate(${x}px, ${y}px)`;
    },
  },
  {
    waitForServer: true,
    onstatus(state) {
      status.textContent = state;
      status.className = state;
      // The first time, `server` is not known yet.
      if (state === "open") setTimeout(join);
    },
  },
);

board.onclick = async ({ target, clientX, clientY }) => {
  if (target === board) await server.call("add", tuple(clientX - 85, clientY - 20));
};

let pointing = 0;
board.onpointermove = ({ clientX, clientY }) => {
  const now = performance.now();
  if (now - pointing < 40 || server.status !== "open") return;
  pointing = now;
  server.send("point", tuple(clientX, clientY));
};

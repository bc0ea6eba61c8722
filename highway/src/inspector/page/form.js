/** Forms made from types: what is filled in becomes a value of the type, as it goes over the wire. */
import { Float, tuple } from "./highway.js";
import { el } from "./dom.js";
import { parse } from "./literal.js";

let ids = 0;

/** What is filled in is not of the type. */
export class Invalid extends Error {
  constructor(message, control) {
    super(message);
    this.control = control;
  }
}

/** A type as text, in the words of Rust. */
export function typeText(type) {
  if (type === undefined || type === null) return "nothing";
  if (typeof type === "string") return type === "any" ? "any value" : type;
  const [[kind, inner]] = Object.entries(type);
  switch (kind) {
    case "list": return `[${typeText(inner)}]`;
    case "tuple": return `(${inner.map(typeText).join(", ")}${inner.length === 1 ? "," : ""})`;
    case "dict": return `{${typeText(inner[0])}: ${typeText(inner[1])}}`;
    case "option": return `${typeText(inner)}?`;
    case "stream": return `stream of ${typeText(inner)}`;
    case "type": return inner;
    case "struct": return `{ ${inner.fields.map((field) => `${field.name}${field.required ? "" : "?"}: ${typeText(field.type)}`).join(", ")} }`;
    default: return JSON.stringify(type);
  }
}

/** The definition of a named type as text. */
export function definitionText(name, definition) {
  if (definition.struct) return `${name} ${typeText({ struct: definition.struct })}`;
  const variants = definition.enum.variants.map(({ name, type }) => (type === undefined ? name : `${name}(${typeText(type)})`));
  return `${name} = ${variants.join(" | ")}`;
}

/** The named types that stand in a type, each once. */
export function namesIn(type, types, found = new Set()) {
  if (typeof type !== "object" || type === null) return found;
  if (typeof type.type === "string" && Object.keys(type).length === 1) {
    if (!found.has(type.type) && types[type.type]) {
      found.add(type.type);
      namesIn(types[type.type], types, found);
    }
    return found;
  }
  for (const inner of Object.values(type)) {
    for (const part of Array.isArray(inner) ? inner : [inner]) namesIn(part, types, found);
  }
  return found;
}

/**
 * Makes the controls for a type. Returns the `element` (`null` where nothing can be filled in) and `value()`, which throws `Invalid`.
 * `names` are those of a tuple's items.
 */
export function control(type, types, label, names = []) {
  if (type === "none") return { element: null, value: () => null };
  if (typeof type === "string") return simple(type, label);
  const [[kind, inner]] = Object.entries(type);
  switch (kind) {
    case "list": return list(inner, types, label);
    case "stream": return list(inner, types, `${label} (items, sent one by one)`);
    case "tuple": {
      const parts = inner.map((type, index) => control(type, types, names[index] ?? `${index}`));
      return group(label, parts, () => tuple(...parts.map((part) => part.value())));
    }
    case "dict": return dict(inner, types, label);
    case "option": return optional(inner, types, label, false);
    case "struct": return struct(inner, types, label);
    case "type": {
      const named = types[inner];
      if (named?.struct) return struct(named.struct, types, `${label}: ${inner}`);
      if (named?.enum) return variants(named.enum, types, `${label}: ${inner}`);
      return simple("any", label);
    }
    default: return simple("any", label);
  }
}

function group(label, parts, value) {
  const element = el("fieldset", {}, el("legend", {}, label), parts.map((part) => part.element));
  return { element, value };
}

function field(label, input, hint) {
  return el("label", { className: "field" }, el("span", {}, label), input, hint && el("span", { className: "type" }, hint));
}

/** One control, whose text `read` takes; what `read` throws is shown at it. */
function typed(label, input, hint, read) {
  const value = () => {
    try {
      const value = read(input.value);
      input.removeAttribute("aria-invalid");
      return value;
    } catch (error) {
      input.setAttribute("aria-invalid", "true");
      throw new Invalid(`${label}: ${error.message}`, input);
    }
  };
  return { element: field(label, input, hint), value };
}

function simple(type, label) {
  const text = (properties = {}) => el("input", { type: "text", autocomplete: "off", spellcheck: false, ...properties });
  switch (type) {
    case "bool": {
      const input = el("input", { type: "checkbox" });
      return { element: field(label, input, type), value: () => input.checked };
    }
    case "str": {
      const input = el("textarea", { rows: 1, spellcheck: false });
      return typed(label, input, type, (text) => text);
    }
    case "float":
      return typed(label, text({ inputMode: "decimal", placeholder: "0.0" }), type, (text) => {
        const number = Number(text.trim());
        const words = { nan: NaN, inf: Infinity, "-inf": -Infinity };
        if (text.trim().toLowerCase() in words) return new Float(words[text.trim().toLowerCase()]);
        if (text.trim() === "" || Number.isNaN(number)) throw new Error("expected a number");
        return new Float(number);
      });
    case "bytes":
      return typed(label, text({ placeholder: "\\x00abc" }), `${type}, with \\x00`, (text) => parse(`b"${text.replace(/\\.|"/g, (part) => (part === '"' ? '\\"' : part))}"`));
    case "any": {
      const input = el("textarea", { rows: 2, spellcheck: false, placeholder: '1, 1.0, "text", (1, 2), [1], {"a": 1}, none' });
      return typed(label, input, "any value, as a literal", (text) => (text.trim() === "" ? null : parse(text)));
    }
    default:
      return typed(label, text({ inputMode: "numeric", placeholder: "0" }), type, (text) => int(type, text));
  }
}

function int(type, text) {
  if (!/^\s*-?\d[\d_]*\s*$/.test(text)) throw new Error("expected a whole number");
  const number = BigInt(text.replaceAll("_", "").trim());
  const width = /^([iu])(\d+)$/.exec(type);
  if (width) {
    const bits = Number(width[2]);
    const fits = width[1] === "u" ? BigInt.asUintN(bits, number) : BigInt.asIntN(bits, number);
    if (fits !== number) throw new Error(`does not fit ${type}`);
  }
  return number;
}

/** Items that can be added and taken away. */
function list(type, types, label) {
  const items = [];
  const body = el("div", {});
  const add = el("button", { type: "button" }, "Add an item");
  add.onclick = () => {
    const item = control(type, types, "item");
    const remove = el("button", { type: "button", "aria-label": "Remove this item" }, "✕");
    const row = el("div", { className: "row" }, item.element, remove);
    const entry = { item, row };
    remove.onclick = () => {
      items.splice(items.indexOf(entry), 1);
      row.remove();
      add.focus();
    };
    items.push(entry);
    body.append(row);
    row.querySelector("input, textarea, select, button")?.focus();
  };
  const element = el("fieldset", {}, el("legend", {}, label), body, add);
  return { element, value: () => items.map(({ item }) => item.value()) };
}

function dict([keyType, valueType], types, label) {
  const pairs = list({ tuple: [keyType, valueType] }, types, label);
  return { element: pairs.element, value: () => new Map(pairs.value().map(([key, value]) => [key, value])) };
}

/** A value that may be left out: then it is none, or, with `isMissing`, undefined. Its controls are made once it is given. */
function optional(type, types, label, isMissing) {
  const given = el("input", { type: "checkbox", id: `given-${ids++}` });
  const body = el("div", {});
  let inner = null;
  given.onchange = () => {
    inner ??= control(type, types, label);
    body.replaceChildren(...(given.checked && inner.element ? [inner.element] : []));
  };
  const element = el("div", {}, field(label, given, `${typeText(type)}, optional`), body);
  return { element, value: () => (given.checked && inner ? inner.value() : isMissing ? undefined : null) };
}

function struct({ fields }, types, label) {
  const parts = fields.map(({ name, type, required }) => {
    const part = required ? control(type, types, name) : optional(type, types, name, true);
    return { ...part, name };
  });
  return group(label, parts, () => {
    const map = new Map();
    for (const { name, value } of parts) {
      const given = value();
      if (given !== undefined) map.set(name, given);
    }
    return map;
  });
}

function variants({ variants }, types, label) {
  const select = el("select", { "aria-label": `${label}, variant` }, variants.map(({ name }) => el("option", {}, name)));
  const body = el("div", {});
  let inner = null;
  const choose = () => {
    const { name, type } = variants[select.selectedIndex] ?? {};
    inner = type === undefined ? null : control(type, types, name);
    body.replaceChildren(...(inner?.element ? [inner.element] : []));
  };
  select.onchange = choose;
  choose();
  const element = el("fieldset", {}, el("legend", {}, label), select, body);
  const value = () => {
    const name = select.value;
    return inner === null ? name : new Map([[name, inner.value()]]);
  };
  return { element, value };
}

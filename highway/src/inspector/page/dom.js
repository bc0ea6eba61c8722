/** Elements, and numbers as people read them. Text is only ever set as text. */

/** Makes an element with properties (or attributes, where there is no such property) and what is in it. */
export function el(name, properties = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key in element && !key.startsWith("aria-")) element[key] = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...inside.flat(Infinity).filter((part) => part !== null && part !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Sets a text only where it differs, so that a selection in it stays. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const grouped = new Intl.NumberFormat("en");
export const count = (number) => grouped.format(number);

export function bytes(number) {
  if (number < 1024) return `${number} B`;
  for (const unit of ["KiB", "MiB", "GiB"]) {
    number /= 1024;
    if (number < 1024) return `${number < 10 ? number.toFixed(1) : Math.round(number)} ${unit}`;
  }
  return `${Math.round(number)} GiB`;
}

/** A time in microseconds. */
export function micros(number) {
  if (number < 1000) return `${number} µs`;
  if (number < 1_000_000) return `${(number / 1000).toFixed(number < 10_000 ? 1 : 0)} ms`;
  return `${(number / 1_000_000).toFixed(1)} s`;
}

/** A time in milliseconds, such as an age. */
export function age(number) {
  const seconds = Math.floor(number / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const plural = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;

/** Runs something now and then again, some milliseconds after each end, while the page is shown. */
export function repeat(milliseconds, act) {
  let timer = 0;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (running || document.hidden) return;
    running = true;
    try {
      await act();
    } catch (error) {
      // The status says when there is no connection; what else fails is told.
      if (error?.kind !== "closed" && error?.kind !== "timeout") console.warn(error);
    }
    running = false;
    timer = setTimeout(run, milliseconds);
  };
  document.addEventListener("visibilitychange", run);
  void run();
  return run;
}

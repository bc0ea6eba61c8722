/** What the tests need of the inside. It is no part of the package. */
export { read, write } from "./codec.js";
export { Float, Tuple } from "./values.js";
export { Writer } from "./writer.js";

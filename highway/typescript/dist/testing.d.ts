/** What the tests need of the inside. It is no part of the package. */
export { Writer } from "./cbor.js";
export { Codec, readAny } from "./codec.js";
export { Float, Tuple } from "./values.js";

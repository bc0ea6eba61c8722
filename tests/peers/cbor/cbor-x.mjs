import { addExtension, Encoder } from "cbor-x";

export class Tuple extends Array {}

addExtension({
  Class: Tuple,
  tag: 61556,
  encode: (tuple, encode) => encode([...tuple]),
  decode: (items) => Tuple.from(items),
});

// Each `number` goes as a float, and each `bigint` as an int.
const codec = new Encoder({ alwaysUseFloat: true, mapsAsObjects: false, tagUint8Array: false, useRecords: false });

export const read = (payload) => codec.decode(payload);
export const write = (value) => codec.encode(value);

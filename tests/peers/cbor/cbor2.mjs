import { decode, encode, Tag } from "cbor2";
import { registerEncoder, writeFloat } from "cbor2/encoder";

export class Tuple extends Array {}

/** A float that is whole: `new Float(1)`. */
export class Float extends Number {}

const TUPLE = 61556;

Tag.registerDecoder(TUPLE, (tag) => Tuple.from(tag.contents));
registerEncoder(Tuple, (value) => [TUPLE, [...value]]);
registerEncoder(Float, (value, writer, options) => {
  writeFloat(Number(value), writer, options);
});
registerEncoder(Buffer, (value) => [NaN, new Uint8Array(value)]);

export const read = (payload) => decode(payload, { preferMap: true });
export const write = (value) => encode(value);

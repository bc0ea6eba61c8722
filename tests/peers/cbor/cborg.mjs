import { decode, encode, objectToTokens, Tagged, Token, Type } from "cborg";
import { bigIntDecoder, bigIntEncoder, bigNegIntDecoder } from "cborg/taglib";

export class Tuple extends Array {}

/** A float that is whole: `new Float(1)`, `new Float(-0)`. */
export class Float extends Number {}

const TUPLE = 61556;

const reading = {
  useMaps: true,
  coerceUndefinedToNull: true,
  tags: { 2: bigIntDecoder, 3: bigNegIntDecoder, [TUPLE]: (content) => Tuple.from(content()) },
};

const writing = {
  mapSorter: null,
  typeEncoders: {
    bigint: bigIntEncoder,
    Array: (value, _, options, inside) =>
      value instanceof Tuple ? objectToTokens(new Tagged(TUPLE, [...value]), options, inside) : null,
    Object: (value) => (value instanceof Float ? new Token(Type.float, Number(value)) : null),
  },
};

export const read = (payload) => decode(payload, reading);
export const write = (value) => encode(value, writing);

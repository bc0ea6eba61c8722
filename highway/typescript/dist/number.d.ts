/** Numbers as texts: strict as they are written, as lenient as Python in what is read. */
import { type Float } from "./values.js";
/** An int as a number where that has all of its digits. */
export declare const normal: (value: bigint) => number | bigint;
/** A number as a text from which its type can be told. */
export declare function number(value: number | Float): string;
/** The int that a text is. It may have an exponent, as highway.js writes large ones. */
export declare function int(text: string): number | bigint | undefined;
/** The float that a text is. */
export declare function float(text: string): number | undefined;

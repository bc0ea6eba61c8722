/** What both sides tell each other of their types, and where those differ. */
import type { RouteSchema } from "./types.js";
import { type Types } from "./values.js";
/** A type as the contract has it: a word, or an object with one key. */
type Told = unknown;
type Dict = Record<string, Told>;
export declare const toContract: (serves: RouteSchema[], peer: RouteSchema[], types: Types) => Dict;
/** The routes whose types differ, why, and whether they are the peer's. */
export declare function differences(serves: RouteSchema[], peer: RouteSchema[], types: Types, contract: unknown): [name: string, why: string, isPeers: boolean][];
export {};

// What is generated for the server of tests/interop/typescript.rs.
import { connect as open, type Call, type Connection, type ConnectOptions, type Handlers, type Message, type Stream } from "highway-ws";

export interface Line {
  from: string;
  text: string;
  at?: number | null;
}

export interface Server {
  /** Says something to all. */
  say: Message<Line>;
  divide: Call<readonly [number, number], number, { by: number }>;
  count: Stream<bigint | number, bigint>;
  names: Call<void, Map<string, bigint>>;
}

export interface Client {
  said: Message<Line>;
}

export type Chat = Connection<Server, Client>;

const schema = {
  peer: {
    say: { name: "say", data: { type: "Line" } },
    divide: { name: "divide", data: { tuple: ["i32", "i32"] }, reply: "i32", error: { struct: { fields: [{ name: "by", type: "i32", required: true }] } } },
    count: { name: "count", data: "u64", reply: { stream: "u64" } },
    names: { name: "names", reply: { dict: ["str", "u64"] } },
  },
  serves: { said: { name: "said", data: { type: "Line" } } },
  types: {
    Line: {
      struct: {
        name: "Line",
        fields: [
          { name: "from", type: "str", required: true },
          { name: "text", type: "str", required: true },
          { name: "at", type: { option: "u32" }, required: false },
        ],
      },
    },
  },
} as const;

export async function connect(url: string | URL, handlers: Handlers<Client, Server>, options?: ConnectOptions): Promise<Chat> {
  return (await open(url, handlers, { ...options, schema })) as Chat;
}

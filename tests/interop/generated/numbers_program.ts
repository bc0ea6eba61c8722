// Uses ints of 64 bits as numbers: what is exact passes, and what is not is refused, and never rounded.

import { CallError } from "highway-ws";
import { connect } from "./numbers.js";

declare const process: { argv: string[]; exit(code: number): never };
declare const console: { log(text: string): void; error(what: unknown): void };

function check(what: boolean, text: string): void {
  if (!what) throw new Error(text);
}

/** What a promise rejects with. */
async function error(of: Promise<unknown>): Promise<unknown> {
  try {
    await of;
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}

async function main(): Promise<void> {
  const [, , url = "", ws] = process.argv;
  const options = ws ? { WebSocket: (await import(ws)).default } : {};
  const most = Number.MAX_SAFE_INTEGER;
  const chat = await connect(
    url,
    {
      said: () => {},
      ask: () => true,
      *ticks(count) {
        for (let tick = 0; tick < count; tick++) yield tick * 2 ** 40;
      },
    },
    options,
  );

  const quotient: number = await chat.call.divide([-most, 1]);
  check(quotient === -most, "the quotient");
  let sum = 0;
  for await (const item of chat.stream.count(10)) sum += item;
  check(sum === 45, "the sum of the items");
  check((await chat.call.addTicks(4)) === 6 * 2 ** 40, "the items to the server");
  const card = await chat.call.card({
    id: most,
    title: "first",
    parent: null,
    tags: [],
    seen: { yesterday: -5 },
    picture: new Uint8Array(),
    "the-end": true,
    shape: { Pair: [1, 2 ** 52] },
  });
  check(card.id === most && card.seen.get("yesterday") === -5, "the card");

  for (const wrong of [2 ** 53, 1.5, NaN]) check((await error(chat.call.divide([wrong, 1]))) instanceof TypeError, `${wrong} is refused`);
  const given = await error(chat.call.divide([1n as unknown as number, 2 ** 60]));
  check(given instanceof TypeError && given.message.startsWith("divide[1] is to be i54"), String(given));
  // It gives more than 2^60.
  const visits = await error(chat.call.visits());
  check(visits instanceof CallError && visits.kind === "reply" && visits.message.includes("is to be u53"), String(visits));
  chat.close();
  await chat.closed;
  console.log("done");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

// Uses every route of the generated client, with the types that it has.

import { CallError } from "highway-ws";
import { connect, type Card, type CardInput, type DivisionError, type Line, type Shape } from "./chat.js";

declare const process: { argv: string[]; exit(code: number): never };
declare const console: { log(text: string): void; error(what: unknown): void };

function check(what: boolean, text: string): void {
  if (!what) throw new Error(text);
}

async function main(): Promise<void> {
  const [, , url = "", ws] = process.argv;
  const options = ws ? { WebSocket: (await import(ws)).default } : {};
  let heard: (line: Line) => void = () => {};
  const said = new Promise<Line>((resolve) => (heard = resolve));
  const chat = await connect(
    url,
    {
      said: (line) => heard(line),
      ask: async (question) => question.endsWith("?"),
      async *ticks(count) {
        for (let tick = 0; tick < count; tick++) yield tick % 2 ? tick : BigInt(tick);
      },
    },
    options,
  );

  const before: string = await chat.call.changeName("ada");
  check(before === "", "the name before");
  await chat.send.say("hi");
  const line = await said;
  check(line.from === "ada" && line.text === "hi", "what was said");

  const quotient: bigint = await chat.call.divide([7, 2n]);
  check(quotient === 3n, "the quotient");
  try {
    await chat.call.divide([1n, 0]);
    check(false, "no error");
  } catch (error) {
    if (!(error instanceof CallError) || error.kind !== "refused") throw error;
    const why = error.data as DivisionError;
    check(why !== "Overflow" && why.DivisionByZero.dividend === 1n, "the declared error");
  }

  let sum = 0n;
  for await (const item of chat.stream.count(10)) sum += item;
  check(sum === 45n, "the sum of the items");
  check((await chat.call.sum([1, 2n, 3])) === 6n, "the sum of what was given");

  const given: CardInput = {
    id: 2n ** 63n,
    title: "first",
    parent: { id: 1, title: "none", seen: {}, picture: new Uint8Array(), "the-end": false, shape: "Empty" },
    tags: [["a", 1]],
    seen: { yesterday: 5 },
    picture: new Uint8Array([1, 2]),
    "the-end": true,
    shape: { Square: { side: 3 } },
  };
  const card: Card = await chat.call.card(given);
  check(card.id === 2n ** 63n && card.seen.get("yesterday") === 5n && card["the-end"], "the card");
  check(card.parent?.parent === null && card.parent.tags.length === 0, "the card's parent");
  check(card.picture[1] === 2 && card.tags[0]?.[0] === "a", "the card's bytes");

  const shape: Shape = await chat.call.shape({ Pair: [-1, 2n ** 127n] });
  check(typeof shape === "object" && "Pair" in shape && shape.Pair[1] === 2n ** 127n, "the shape");
  const names: Map<number, string | null> = await chat.call.byNumber(new Map([[7, "seven"], [8, undefined]]));
  check(names.get(7) === "seven" && names.get(8) === null, "the names by number");
  const { zoom } = await chat.call.wrap({ number: 3 });
  check(zoom === 3, "the map");
  const visits: bigint = await chat.call.visits({ timeout: 5_000 });
  check(visits >= 2n ** 60n, "the visits");
  const anything: unknown = await chat.call.anything({ a: [1, "b"] });
  check(JSON.stringify(anything) === '{"a":[1,"b"]}', "anything");
  await chat.send.tagged({ kind: "One", number: 1 });
  check(await chat.call.askBack("really?"), "the answer to the server");
  check((await chat.call.addTicks(4)) === 6n, "the items to the server");
  check((await chat.call("change-name", "bob")) === "ada", "an untyped call");
  chat.close();
  await chat.closed;
  console.log("done");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

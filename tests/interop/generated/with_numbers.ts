// With numbers in place of bigints.

import type { Chat } from "./numbers.js";

export async function program(chat: Chat): Promise<number> {
  const { id, seen } = await chat.call.card({ id: 1, title: "", seen: {}, picture: new Uint8Array(), "the-end": true, shape: "Empty" });
  await chat.call.divide([1n, 2]); // error TS2322
  return id + (seen.get("one") ?? 0) + (await chat.call.divide([1, 2]));
}

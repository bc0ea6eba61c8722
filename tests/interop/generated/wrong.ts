// Programs that the compiler refuses: each line with its one error.

import { connect, type CardInput, type Chat } from "./chat.js";

const handlers = { said: () => {}, ask: () => true, ticks: () => [1] };

export async function wrong(chat: Chat, card: CardInput): Promise<void> {
  await chat.call.chnageName("ada"); // error TS2551
  await chat.call.say("hi"); // error TS2339
  await chat.send.count(1); // error TS2339
  await chat.call.changeName(1); // error TS2345
  await chat.call.changeName(); // error TS2554
  await chat.call.visits(1); // error TS2559
  await chat.call.divide([1]); // error TS2345
  await chat.call.divide(["1", 2]); // error TS2322
  await chat.call.sum(["1"]); // error TS2345
  await chat.call.shape("Full"); // error TS2345
  await chat.call.shape({ Square: { side: 1n } }); // error TS2322
  await chat.call.byNumber({ seven: "7" }); // error TS2353
  await chat.call.card({ ...card, shape: undefined }); // error TS2322
  chat.call.changeName("ada").length; // error TS2339
  chat.call.card(card).title; // error TS2339
  const number: number = await chat.call.visits(); // error TS2322
  for await (const item of chat.stream.count(1)) item.toFixed(); // error TS2339
  for (const item of chat.stream.count(1)) item; // error TS2488
  await connect("ws://localhost", { ask: handlers.ask, ticks: handlers.ticks }); // error TS2345
  await connect("ws://localhost", { ...handlers, ask: () => "yes" }); // error TS2322
  await connect("ws://localhost", { ...handlers, said: (line) => line.form }); // error TS2339
  await connect("ws://localhost", { ...handlers, sayed: () => {} }); // error TS2353
  await connect("ws://localhost"); // error TS2554
  void number;
}

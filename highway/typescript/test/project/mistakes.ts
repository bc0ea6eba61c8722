// Each line that is expected to be an error has to be one.
import { connect, type Chat } from "./chat.js";

export async function mistakes(chat: Chat): Promise<void> {
  // @ts-expect-error there is no such route
  await chat.call.divid([1, 2]);
  // @ts-expect-error data of another type
  await chat.call.divide("1");
  // @ts-expect-error data is missing
  await chat.send.say();
  // @ts-expect-error a field is missing
  await chat.send.say({ from: "ada" });
  // @ts-expect-error it takes nothing
  await chat.call.names("x");
  // @ts-expect-error a promise has no such property
  chat.call.names().size;
  // @ts-expect-error it is a stream
  await chat.call.count(1n);
  // @ts-expect-error items are bigints
  for await (const n of chat.stream.count(1)) n.toFixed();
  // @ts-expect-error a handler is missing
  await connect("ws://127.0.0.1", {});
  // @ts-expect-error the handler takes other data
  await connect("ws://127.0.0.1", { said: (line: string) => line });
  // @ts-expect-error there is no such route to serve
  await connect("ws://127.0.0.1", { said() {}, sayd() {} });
  await connect("ws://127.0.0.1", {
    said(line) {
      // @ts-expect-error no such field
      return line.txt;
    },
  });
}

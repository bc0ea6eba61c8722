import { CallError, type ConnectOptions } from "highway-ws";
import { connect, type Chat, type Line } from "./chat.js";

/** Uses all that the server has, and gives what came of it as a text. */
export async function run(url: string, options?: ConnectOptions): Promise<string> {
  const lines: Line[] = [];
  let said: () => void = () => {};
  const heard = new Promise<void>((resolve) => (said = resolve));
  const chat: Chat = await connect(
    url,
    {
      said(line) {
        lines.push(line);
        said();
      },
    },
    options,
  );
  await chat.send.say({ from: "ada", text: "hi" });
  await heard;
  const quotient: number = await chat.call.divide([7, 2], { timeout: 5000 });
  let total = 0n;
  for await (const n of chat.stream.count(10n)) total += n;
  const names = await chat.call.names();
  let by: unknown;
  try {
    await chat.call.divide([1, 0]);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    by = error.data;
  }
  chat.close();
  return JSON.stringify([lines, quotient, String(total), [...names].map(([name, of]) => `${name}: ${of}`), by]);
}

if (typeof document === "object") {
  const address = new URLSearchParams(location.search).get("server");
  if (address) document.title = await run(address);
}

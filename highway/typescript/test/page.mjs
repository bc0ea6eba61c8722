// What lives.mjs does, in a browser: its title says how it went. With #peer it takes a pipe; otherwise it opens one to the peer as well.
import { connect } from "/highway.js";

const server = new URLSearchParams(location.search).get("server");
const range = (length) => Array.from({ length }, (_, at) => at);

function check(holds, what) {
  if (!holds) throw new Error(what);
}

async function peer() {
  const chat = await connect(server, {}, {
    pipe: {
      // Counts the bytes of what comes, which it looks at.
      async sink(blobs) {
        let bytes = 0;
        let at = 0;
        for await (const blob of blobs) {
          check(blob[0] === at++ % 256 && blob.at(-1) === 7, "a blob is another");
          bytes += blob.length;
        }
        return bytes;
      },
      *source(blobs) {
        for (let at = 0; at < blobs; at++) yield new Uint8Array(500_000).fill(at, 0, 1);
      },
    },
  });
  await chat.call("enter");
}

async function main() {
  const chat = await connect(server);
  const replies = await Promise.all(range(10_000).map((n) => chat.call("echo", n)));
  check(replies.every((n, at) => n === at), "a reply is another's");

  let next = 0;
  for await (const n of chat.stream("count", 100_000)) {
    check(n === next++, "an item is another");
    if (n % 20_000 === 10_000) {
      for (let time = 0; time < 20; time++) await chat.call("echo", time);
      check((await chat.call("made")) - n < 262_144 / 9 + 1000, "the server is too far ahead");
    }
  }
  check(next === 100_000, "items are missing");

  for await (const n of chat.stream("endless")) if (n === 3) break;
  while ((await chat.call("running")) !== 0);

  const control = new AbortController();
  const call = chat.call("wait", undefined, { signal: control.signal }).catch((error) => error.name);
  while ((await chat.call("running")) !== 1);
  control.abort();
  check((await call) === "AbortError", "the call is not aborted");
  while ((await chat.call("running")) !== 0);

  let other = null;
  while (other === null) other = await chat.call("other");
  const pipe = await chat.pipe(other);
  async function* blobs() {
    for (let at = 0; at < 200; at++) {
      const blob = new Uint8Array(500_000);
      blob[0] = at;
      blob[499_999] = 7;
      yield blob;
    }
  }
  check((await pipe.call("sink", blobs(), { timeout: 0 })) === 100_000_000, "bytes are missing");
  let bytes = 0;
  for await (const blob of pipe.stream("source", 40)) bytes += blob.length;
  check(bytes === 20_000_000, "bytes are missing on the way back");
  pipe.close();
  check((await pipe.closed).code === 1000, "the pipe ends otherwise");
}

try {
  await (location.hash === "#peer" ? peer() : main());
  document.title = "all is well";
} catch (error) {
  document.title = `${error.name}: ${error.message}`;
}

// What comes to a program on node:http, and what its clients get, is the same as under `bun`, byte
// by byte: pounce puts nothing between them.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { NODE_REQUESTS } from "../helpers/node-requests.ts";
import { folderOf, type Served, underBun, underPounce } from "../helpers/three-ways.ts";

/** Says all that it has got. */
const PROGRAM = `import { createServer } from "node:http";
const server = createServer((request, response) => {
  const { method, url, httpVersion, rawHeaders } = request;
  let body = "";
  request.setEncoding("latin1").on("data", (part) => (body += part)).on("error", () => undefined);
  request.on("end", () => setTimeout(() => {
    const { rawTrailers } = request;
    const seen = { method, url, httpVersion, rawHeaders, body, rawTrailers };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(seen));
  }, url === "/slow" ? 50 : 0));
});
server.listen(process.env.PORT, "127.0.0.1", () =>
  console.log("server: http://localhost:" + server.address().port));`;

let folder: Awaited<ReturnType<typeof folderOf>>;
let bun: Served;
let pounce: Served;

beforeAll(async () => {
  folder = await folderOf({ "server.ts": PROGRAM });
  const { dir } = folder;
  [bun, pounce] = await Promise.all([underBun(dir, "server.ts"), underPounce(dir, "server.ts")]);
});
afterAll(async () => {
  await Promise.all([bun[Symbol.asyncDispose](), pounce[Symbol.asyncDispose]()]);
  folder[Symbol.dispose]();
});

/** What differs by time, and by the keep-alive limit, which is pounce's. */
const VARIES = /^(?:date|keep-alive):.*\r\n/gim;

/** All that has come after the bytes, until the connection ends or nothing more comes. */
function answers({ port }: Served, bytes: string, quietMs: number): Promise<string> {
  return new Promise((resolve) => {
    let all = "";
    const socket = connect(port, "127.0.0.1", () => void socket.write(bytes, "latin1"));
    const end = (how: string) => (): void => {
      socket.destroy();
      resolve(`${all.replaceAll(VARIES, "")}(${how})`);
    };
    socket.setEncoding("latin1").on("data", (part: string) => (all += part));
    socket.setTimeout(quietMs, end("open"));
    socket.on("end", end("ended")).on("error", end("reset"));
  });
}

test.concurrent.each(Object.entries(NODE_REQUESTS))("%s", async (_, bytes) => {
  let [alone, served] = ["", "not asked"];
  // On a busy machine an answer may take longer than the silence that ends the wait.
  for (let quietMs = 300; alone !== served && quietMs <= 4800; quietMs *= 4) {
    [alone, served] = await Promise.all([
      answers(bun, bytes, quietMs),
      answers(pounce, bytes, quietMs),
    ]);
  }
  expect(served).toBe(alone);
});

test.concurrent("the answers that are compared are the program's", async () => {
  const { one = "" } = NODE_REQUESTS;
  expect(await answers(pounce, one, 300)).toMatch(/^HTTP\/1\.1 200 OK.*"method":"GET"/s);
});

// Heads of HTTP/2 that are not as they should be, each on a connection of its own, all at once to
// one server: what comes back, and whether the app was called.
import { afterAll, expect, test } from "bun:test";
import { FLAG, frame, headerBlock, Http2Connection, TYPE } from "../helpers/http2-frames.ts";
import { ask } from "../helpers/requests.ts";
import { startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

type Field = readonly [name: string, value: string];
/** The head, the body if there is one, and what comes back: a status, or the end of the stream. */
type Row = readonly [fields: readonly Field[], answer: number | "reset", body?: string];

const app = `
let calls = 0;
export default async (request) => {
  if (request.url.endsWith("/calls")) return new Response(String(calls));
  calls++;
  const seen = [request.method, new URL(request.url).pathname, request.headers.get("host")];
  return new Response([...seen, await request.text().catch(() => "!")].join(" "));
};
`;

const head = (changes: Readonly<Record<string, string>>, ...more: readonly Field[]): Field[] => {
  const usual = { ":method": "GET", ":path": "/r", ":scheme": "http", ":authority": "a" };
  return [...Object.entries({ ...usual, ...changes }), ...more];
};
const without = (name: string): Field[] => head({}).filter(([it]) => it !== name);
const withField = (name: string, value: string): Field[] => head({}, [name, value]);
const post = (...more: readonly Field[]): Field[] => head({ ":method": "POST" }, ...more);

const SERVED: readonly Row[] = [
  [head({}), 200],
  [[...without(":authority"), ["host", "a"]], 200],
  [withField("host", "a"), 200],
  [withField("te", "trailers"), 200],
  [withField("x", "\u00e9"), 200],
  [post(), 200, "hello"],
  [post(["content-length", "5"]), 200, "hello"],
];

const REFUSED: readonly Row[] = [
  ...["a b", "a/x", "a,b", "a:99999", "[", "a#b"].map((it): Row => [
    head({ ":authority": it }),
    400,
  ]),
  [head({ ":method": "OPTIONS", ":path": "*" }), 400],
  ...["", "u@a", "a\r\nX: y"].map((it): Row => [head({ ":authority": it }), "reset"]),
  ...["", "*", "r", "http://b/r", "/r r", "/r\r\nX: y", "/r\0"].map((it): Row => [
    head({ ":path": it }),
    "reset",
  ]),
  ...["", "G T", "GET\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"].map((it): Row => [
    head({ ":method": it }),
    "reset",
  ]),
  ...[":method", ":path", ":scheme", ":authority"].map((it): Row => [without(it), "reset"]),
  ...[":method", ":path", ":authority"].map((it): Row => [withField(it, "/r"), "reset"]),
  [withField(":foo", "x"), "reset"],
  [withField(":status", "200"), "reset"],
  [[["x", "y"], ...head({})], "reset"],
  [withField("host", "b"), "reset"],
  ...(
    [
      ["X", "y"],
      ["connection", "close"],
      ["keep-alive", "5"],
      ["proxy-connection", "x"],
      ["transfer-encoding", "chunked"],
      ["upgrade", "h2c"],
      ["te", "gzip"],
      ["x", "a\r\nTransfer-Encoding: chunked"],
      ["x", "a\nb"],
      ["x", "a\0"],
      ["x\r\ny", "z"],
      ["x y", "z"],
      ["x:y", "z"],
      ["content-length", "5"],
    ] as const
  ).map(([name, value]): Row => [withField(name, value), "reset"]),
  ...["x", "+5", "5, 5", ""].map((it): Row => [post(["content-length", it]), "reset", "hello"]),
  [post(["content-length", "5"], ["content-length", "6"]), "reset", "hello"],
  [post(["transfer-encoding", "chunked"]), "reset", "0\r\n\r\n"],
];

async function answerTo(port: number, [fields, , body]: Row): Promise<number | string | undefined> {
  using connection = await Http2Connection.open(port);
  const flags = FLAG.endHeaders | (body === undefined ? FLAG.endStream : 0);
  connection.send(frame(TYPE.headers, flags, 1, headerBlock(fields)));
  if (body !== undefined) connection.send(frame(TYPE.data, FLAG.endStream, 1, Buffer.from(body)));
  const { status, end } = await connection.answer(1);
  return status ?? end.split(" ", 1)[0];
}

test("each head of HTTP/2 is served, or refused before the app gets it", async () => {
  await using server = await startPounce({ app, config: { workers: 1, h2c: true } });
  const { port } = server;
  for (const rows of [SERVED, REFUSED]) {
    const answers = await Promise.all(rows.map(async (row) => [row[0], await answerTo(port, row)]));
    expect(answers).toEqual(rows.map(([fields, answer]) => [fields, answer]));
  }
  expect((await ask({ port }, "/calls")).text).toBe(`${SERVED.length}`);
  expect(server.logs.text()).not.toContain("[ERROR]");
}, 60_000);

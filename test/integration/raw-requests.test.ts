// Requests as bytes, good and hostile, side by side on one server, each to `fetch`, to a function
// route and to a method route: what the app is given of them, and what it never is.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { fixture } from "../helpers/fixtures.ts";
import { RAW_REQUESTS, type RawRequest } from "../helpers/raw-requests.ts";
import { exchange, RawSocket, readReply, type Reply } from "../helpers/requests.ts";
import { type ServerProcess, startPounce, stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const KINDS = ["/fetch", "/function", "/methods"] as const;
const TIMEOUT_MS = 15_000;
const PROBLEM = "application/problem+json";

interface Sent {
  readonly row: RawRequest;
  readonly kind: string;
  readonly socket: RawSocket;
}

/** A connection for each row and kind of handler. */
function connectAll({ port }: ServerProcess): Promise<Sent[]> {
  const all = RAW_REQUESTS.flatMap((row) => KINDS.map((kind) => ({ row, kind })));
  return Promise.all(
    all.map(async ({ row, kind }) => {
      const socket = await RawSocket.connect("127.0.0.1", port);
      return { row, kind, socket };
    }),
  );
}

async function ask({ row, kind, socket }: Sent): Promise<Reply | "no answer"> {
  socket.send(Buffer.from(row.bytes.replaceAll("PATH", kind), "latin1"));
  const deadlineMs = performance.now() + TIMEOUT_MS;
  try {
    return await readReply(socket, deadlineMs, row.bytes.split(" ", 1)[0]);
  } catch {
    return "no answer";
  } finally {
    socket.close();
  }
}

/** What of a reply is compared, in the table's own words. */
function outcome(reply: Reply | "no answer"): unknown {
  if (reply === "no answer") return "none";
  const { status, text, headers, closes } = reply;
  if (status === 200) {
    const { url, kind: by, body } = JSON.parse(text);
    return { url, body, closes, by };
  }
  const isOurs = headers.get("content-type") === PROBLEM;
  return { refused: status, by: isOurs ? "pounce" : "Bun", closes };
}

function expected({ answer }: RawRequest, kind: string, port: number): unknown {
  if (answer === "none") return answer;
  if ("refused" in answer) return { ...answer, closes: true };
  const url = answer.url.replaceAll("PATH", kind).replace("PORT", `${port}`);
  return { ...answer, url, by: answer.by.replace("PATH", kind) };
}

/** Sends all at once. Returns what did not end as the table has it, and all replies. */
async function askAll(server: ServerProcess, all: readonly Sent[]) {
  const replies = await Promise.all(all.map(async (one) => ({ ...one, reply: await ask(one) })));
  const wrong = replies
    .map(({ row, kind, reply }) => ({
      bytes: row.bytes.replaceAll("PATH", kind),
      expected: expected(row, kind, server.port),
      outcome: outcome(reply),
    }))
    .filter((it) => !Bun.deepEquals(it.expected, it.outcome));
  return { wrong, replies: replies.map(({ reply }) => reply).filter((it) => it !== "no answer") };
}

const app = fixture("raw-requests");

test.concurrent(
  "each request is served, or refused, as the table has it, through every kind of handler",
  async () => {
    await using server = await startPounce({ app, config: { workers: 1 } });
    const { wrong, replies } = await askAll(server, await connectAll(server));
    expect(wrong).toEqual([]);
    const seen = replies.filter(({ status }) => status === 200).map(({ text }) => JSON.parse(text));
    for (const { url, copies } of seen) expect(copies).toEqual([url, url]);
    expect(new Set(seen.map(({ client }) => client))).toEqual(new Set(["127.0.0.1"]));
    expect(server.logs.text()).not.toContain("[ERROR]");
  },
  60_000,
);

test.concurrent(
  "nor is it otherwise while the worker drains, with request ids and an access log",
  async () => {
    const config = { workers: 1, request_id: true, log: { access: "access.log" } };
    await using server = await startPounce({ app, config });
    const all = await connectAll(server);
    // Each connection is the old worker's once it has been answered on it.
    await Promise.all(all.map(({ socket }) => exchange(socket, { path: "/fetch" })));
    await server.writeApp(fixture("raw-requests", "v1"));
    await server.steer();
    const { wrong, replies } = await askAll(server, all);
    const unmarked = wrong.map(({ expected: wanted, outcome: got, bytes }) => ({
      bytes,
      expected: { ...(wanted as object), closes: true },
      outcome: { ...(got as object), closes: true },
    }));
    expect(unmarked.filter((it) => !Bun.deepEquals(it.expected, it.outcome))).toEqual([]);
    const versions = replies.flatMap(({ status, text }) =>
      status === 200 ? [JSON.parse(text).version] : [],
    );
    expect(new Set(versions)).toEqual(new Set(["v0"]));
    await server.stop();
    const log = await Bun.file(join(server.dir, "access.log")).text();
    const refused = replies.filter(({ headers }) => headers.get("content-type") === PROBLEM);
    expect(log.match(/ (400|501) \d+$/gm)).toHaveLength(refused.length);
    expect(server.logs.text()).not.toContain("[ERROR]");
  },
  60_000,
);

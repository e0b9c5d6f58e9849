// What frameworks do beside answering, by bytes over TCP: an answer of a program under pounce is
// what it is under bun, also while its worker drains, but for `Connection` and `Keep-Alive`.
// bun run verify:frameworks answers
import { afterAll, describe, expect, test } from "bun:test";
import { cp, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PACE_MS } from "../../src/worker/closing/pace.ts";
import { type Connect, CONVERSATIONS } from "../helpers/conversations.ts";
import { startUnderBun, type Program, startProgram } from "../helpers/programs.ts";
import { RawSocket } from "../helpers/requests.ts";
import { stopAllServers } from "../helpers/server.ts";

afterAll(stopAllServers);

const folder = fileURLToPath(new URL("../apps/features", import.meta.url));
const CHANGED = new Date("2025-01-01T00:00:00Z");
const TIMEOUT_MS = 300_000;

/** Connections that a conversation opens at most, on average. */
const MOST_CONNECTIONS = 12;

async function write(dir: string): Promise<void> {
  await cp(folder, dir, { recursive: true });
  const files = { "text.txt": "the content of a file", "image.bin": "image".repeat(20_000) };
  for (const [name, content] of Object.entries(files)) {
    await Bun.write(join(dir, "files", name), content);
    await utimes(join(dir, "files", name), CHANGED, CHANGED);
  }
}

const MAINS = {
  Express: "express.ts",
  Fastify: "fastify.ts",
  Koa: "koa.cjs",
  Nest: "nest.ts",
  "Hono's node-server": "hono.ts",
};

/** What differs from run to run. */
function steady(heard: string): string {
  return (
    heard
      .replaceAll(/^date: .*$/gim, "Date: now")
      .replaceAll(/connect\.sid=[^;]+/g, "connect.sid=random")
      .replaceAll(/; Expires=[^;\n]+/g, "; Expires=soon")
      // The limit is pounce's.
      .replaceAll(/^keep-alive: timeout=\d+\n/gim, "")
  );
}

/** Without what a drain may change. */
function withoutConnection(heard: string): string {
  return heard.replaceAll(/^(?:connection|keep-alive): .*\n/gim, "");
}

/** Whether each answer says that its connection is closed; those before the last (1xx) do not. */
function closes(heard: string): boolean {
  const answers = heard.split("\n---\n").filter((it) => /^HTTP\/1\.1 [2-5]/.test(it));
  return answers.every((it) => /^connection: close$/im.test(it.split("\n\n", 1)[0] ?? ""));
}

/** After an answer that closes the connection there is no other. */
const ONE_ANSWER = "requests in one piece";
/** Bun answers this one itself. */
const BUNS_OWN = "Expect: something else";

function connectTo({ port }: { readonly port: number }): Connect {
  return () => RawSocket.connect("127.0.0.1", port);
}

/** Opens connections now, to be used later. */
async function openAhead(connect: Connect, count: number): Promise<Connect> {
  const sockets = await Promise.all(Array.from({ length: count }, connect));
  return () => {
    const socket = sockets.shift();
    if (socket === undefined) throw new Error("more connections are needed");
    return Promise.resolve(socket);
  };
}

/** What is heard in each conversation. */
async function heardBy(connect: Connect): Promise<Record<string, string>> {
  const heard: Record<string, string> = {};
  for (const [title, conversation] of Object.entries(CONVERSATIONS)) {
    heard[title] = steady(await conversation(connect));
  }
  return heard;
}

describe.each(Object.entries(MAINS))("%s", (name, main) => {
  const program: Program = { name, main, modes: [], write };
  const config = { workers: 1, keep_alive_timeout: 60, reload_timeout: 120 };

  test(
    "answers as under bun, while it serves and while it drains",
    async () => {
      await using bun = await startUnderBun(program);
      await using server = await startProgram(program, config);
      const connections = Object.keys(CONVERSATIONS).length * MOST_CONNECTIONS;
      const connectToOld = await openAhead(connectTo(server), connections);
      const expected = await heardBy(connectTo(bun));
      expect(await heardBy(connectTo(server))).toEqual(expected);

      await server.steer();
      // From then on each answer is the last of its connection.
      await Bun.sleep(PACE_MS);
      const drained = await heardBy(connectToOld);
      for (const [title, heard] of Object.entries(drained)) {
        if (title !== BUNS_OWN) expect([title, closes(heard)]).toEqual([title, true]);
        const isWhole = title !== ONE_ANSWER;
        const [is, was] = [heard, expected[title] ?? ""].map((text) => {
          const part = isWhole ? text : text.split("\n---\n", 1)[0];
          return withoutConnection(part ?? "");
        });
        expect([title, is]).toEqual([title, was]);
      }
    },
    TIMEOUT_MS,
  );
});

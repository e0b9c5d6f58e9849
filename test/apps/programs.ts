// Server programs of frameworks, each in a folder below `programs`: written as its own
// documentation begins, with what the load asks for, and a version. They know nothing of pounce.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mode, OwnMode } from "../helpers/load.ts";
import type { Reply, Request } from "../../src/prove/load/http.ts";
import { requesting } from "../helpers/load/request-modes.ts";
import * as socketIo from "../helpers/load/socket-io-modes.ts";
import type { Program } from "../helpers/programs.ts";

const folder = fileURLToPath(new URL("programs", import.meta.url));

/** What every program can do that answers as the fixtures do. */
const HTTP: readonly Mode[] = [
  "connect",
  "connect-close",
  "keep-alive",
  "think-time",
  "silent",
  "post",
  "slow-upload",
  "slow-handler",
  "sse",
];

/** Copies a folder of sources, with the version in them. */
async function copy(from: string, to: string, version: string): Promise<void> {
  const files = readdirSync(from, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of files.filter((it) => it.isFile())) {
    const path = join(parentPath, name);
    const text = readFileSync(path, "utf8");
    const declared = `const version = ${JSON.stringify(version)}`;
    await Bun.write(
      join(to, path.slice(from.length)),
      text.replace('const version = "v0"', declared),
    );
  }
}

function program(name: string, rest: Partial<Program> = {}): Program {
  const from = join(folder, name);
  const write: Program["write"] = (dir, version) => copy(from, dir, version);
  return { name, main: "main.ts", modes: HTTP, write, ...rest };
}

/** A mode of requests that an API answers with its version, which may be anywhere in the answer. */
function api(name: string, request: Request): OwnMode {
  return { name, session: requesting(request, versionIn) };
}

function versionIn({ text }: Reply): string | undefined {
  return /hello from (v\d+)/.exec(text)?.[1];
}

function posting(path: string, value: unknown): Request {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", path, headers, body: JSON.stringify(value) };
}

const LONG = "long ".repeat(2000);

const TRPC = [
  api("query", { path: "/hello" }),
  api("connection a request", { path: "/hello", headers: { Connection: "close" } }),
  api("slow query", { path: "/slow" }),
  api("mutation", posting("/echo", { text: LONG })),
  api("subscription", { path: "/events" }),
];

const graphql = (query: string, variables = {}): Request =>
  posting("/graphql", { query, variables });

const subscription = graphql("subscription { events }");

const YOGA = [
  api("query", graphql("{ hello }")),
  api("query by GET", { path: "/graphql?query=%7Bhello%7D" }),
  api("slow query", graphql("{ slow }")),
  api("variables", graphql("query ($t: String!) { echo(text: $t) }", { t: LONG })),
  api("subscription", {
    ...subscription,
    headers: { ...subscription.headers, Accept: "text/event-stream" },
  }),
];

const SOCKET_IO: Program["modes"] = [
  "keep-alive",
  { name: "polling", session: socketIo.polling },
  { name: "socket.io's websocket", session: socketIo.webSocket },
];

const JSON_SERVER = [
  api("list", { path: "/posts" }),
  api("connection a request", { path: "/posts", headers: { Connection: "close" } }),
];

/** Started by its own main file, with the file that it serves. */
const JSON_SERVER_ITSELF: Program = {
  name: "json-server itself",
  main: "node_modules/json-server/lib/cli/bin.js",
  args: ["db.json", "--port", "3000"],
  modes: JSON_SERVER,
  write: async (dir, version) => {
    const db = { posts: [{ id: 1, title: `hello from ${version}` }] };
    await Bun.write(join(dir, "db.json"), JSON.stringify(db));
  },
  bad: [
    {
      name: "a file that does not parse",
      write: async (dir) => void (await Bun.write(join(dir, "db.json"), "{")),
      says: /Malformed JSON|Unexpected end|JSON/,
    },
  ],
};

/** It serves the files of `public`, which is what has a version. */
const HTTP_SERVER: Program = {
  name: "http-server",
  main: "node_modules/http-server/bin/http-server",
  modes: [
    api("page", { path: "/" }),
    api("connection a request", { path: "/", headers: { Connection: "close" } }),
  ],
  write: async (dir, version) => {
    await Bun.write(join(dir, "public/index.html"), `hello from ${version}`);
  },
};

export const PROGRAMS = {
  "Bun.serve": program("bun-serve", { modes: [...HTTP, "routes", "websocket"] }),
  Elysia: program("elysia", { modes: [...HTTP, "websocket"] }),
  srvx: program("srvx"),
  H3: program("h3"),
  "H3 1": program("h3-v1", { main: "main.mjs" }),
  "node:http": program("node-http", { main: "main.mjs", modes: [...HTTP, "websocket"] }),
  Express: program("express"),
  "Express 4": program("express4", { main: "app.js" }),
  Fastify: program("fastify"),
  Koa: program("koa", { main: "app.js" }),
  Nest: program("nest", { main: "src/main.ts" }),
  "Hono's node-server": program("hono-node-server"),
  Polka: program("polka", { main: "main.js" }),
  tRPC: program("trpc", { modes: TRPC }),
  "GraphQL Yoga": program("yoga", { modes: YOGA, port: 4000 }),
  "Socket.IO": program("socket.io", { main: "main.js", modes: SOCKET_IO }),
  ws: program("ws", { main: "main.js", modes: ["websocket"], port: 8080 }),
  "json-server": program("json-server", { main: "server.js", modes: JSON_SERVER }),
  "json-server itself": JSON_SERVER_ITSELF,
  "http-server": HTTP_SERVER,
} satisfies Readonly<Record<string, Program>>;

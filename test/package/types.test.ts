// The types for authors of apps: they say what the worker does, they fit Bun's own, and they can be
// used with whatever a project's tsconfig.json says.
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mainManifest } from "../../scripts/package/manifests.ts";
import type { DrainReason } from "../../src/core/effects.ts";
import type * as pounce from "../../src/types.ts";
import { type HookContext, HOOKS } from "../../src/worker/app/app.ts";
import { APPS_OWN } from "../../src/worker/http/serve-options.ts";
import { finished } from "../helpers/finished.ts";
import { nodeModules } from "../helpers/fixtures.ts";

/** `true`, if both types are the same. The checker refuses any other value. */
type Same<A, B> = [A, B] extends [B, A] ? true : false;
/** `true`, if a value of A can be given where B is asked for. */
type Fits<A, B> = A extends B ? true : false;

const SAID_BY_THE_CHECKER: readonly true[] = [
  true satisfies Same<pounce.ShutdownReason, DrainReason>,
  true satisfies Same<keyof pounce.ShutdownContext, keyof HookContext>,
  true satisfies Same<Required<HookContext>, pounce.ShutdownContext>,
  true satisfies Fits<Bun.Server<{ name: string }>, pounce.Server<{ name: string }>>,
  true satisfies Fits<Bun.ServerWebSocket<string>, pounce.ServerWebSocket<string>>,
  true satisfies Fits<Bun.WebSocketHandler<string>, pounce.WebSocketHandler<string>>,
  true satisfies Fits<Bun.BunRequest<"/:id">, pounce.RouteRequest>,
  true satisfies Fits<pounce.WebSocketHandler<string>, Bun.WebSocketHandler<string>>,
];

test("an app has what the worker reads of it, and no more", () => {
  const members: Record<keyof pounce.App, true> = {
    fetch: true,
    routes: true,
    websocket: true,
    error: true,
    maxRequestBodySize: true,
    startup: true,
    shutdown: true,
    leader: true,
  };
  // `static` is Bun's old name of `routes`.
  const read = ["fetch", ...APPS_OWN.filter((it) => it !== "static"), ...HOOKS];
  expect(Object.keys(members).toSorted()).toEqual(read.toSorted());
  expect(SAID_BY_THE_CHECKER).not.toContain(false as true);
});

/** An app that uses every type. */
const APP = `
import type { App, AppFactory, Context, Cookies, Fetch, Route, RouteHandler, RouteRequest, Routes,
  Leader, LeaderContext, Server, ServerWebSocket,
  Shutdown, ShutdownContext, ShutdownReason, Startup, StartupContext,
  WebSocketHandler, WorkerContext } from "pounce";

interface User { name: string }

export const startup: Startup = async ({ generation, worker, deadline, signal }) => {
  const left: number = deadline.getTime() - generation - worker;
  signal.addEventListener("abort", () => left);
};
export const shutdown: Shutdown = ({ reason, signal }) => {
  const why: ShutdownReason = reason;
  return signal.aborted ? why : undefined;
};
const mayAct = ({ isLeader, slot }: WorkerContext): boolean => isLeader && slot >= 0;
export const leader: Leader = (context: LeaderContext) => {
  context.signal.addEventListener("abort", () => mayAct(context));
};
const websocket: WebSocketHandler<User> = {
  idleTimeout: 60,
  open(ws) { ws.subscribe("all"); },
  message(ws, message) {
    const { name } = ws.data;
    ws.publish("all", typeof message === "string" ? name + message : message);
  },
  close(_ws, code: number, reason: string) { return code === 1012 ? undefined : void reason; },
};
const user: RouteHandler<User> = (request, server) => {
  const { id } = request.params;
  request.cookies.set("seen", "1");
  return new Response(\`\${id} \${server.pendingRequests} \${request.headers.get("host")}\`);
};
const routes: Routes<User> = {
  "/static": new Response("always"),
  "/users/:id": user,
  "/both": { GET: user, POST: () => new Response(null, { status: 204 }) },
  "/no": false,
};
const app: App<User> = {
  async fetch(request, server) {
    const headers = { "X-Who": "me" };
    if (server.upgrade(request, { data: { name: "me" }, headers })) return undefined;
    server.timeout(request, 0);
    return new Response(server.requestIP(request)?.address ?? new URL(request.url).pathname);
  },
  routes, websocket, startup, shutdown,
  error: (error) => new Response(error.message, { status: 500 }),
  maxRequestBodySize: 1024,
};
export default app;
export const named: Fetch = (request) => new Response(request.method);
export const createApp: AppFactory<User> = async () => app;
export const inferred = { fetch: (request: Request) => new Response(request.url) } satisfies App;
export type OfHooks = [Context, ShutdownContext, StartupContext];
export type OfRequests = [Cookies, Route, RouteRequest, Server, ServerWebSocket];
// @ts-expect-error The reason of a startup is not known.
export const wrong: Startup = ({ reason }) => reason;
// @ts-expect-error No such option.
export const misspelt: App = { fetch: () => new Response(), websockets: {} };
// @ts-expect-error It answers nothing.
export const silent: Fetch = () => "text";
`;

/** A program that was written with Bun's own types. */
const BUNS = `
import type { App, Fetch, Shutdown, WebSocketHandler } from "pounce";
interface User { name: string }
const websocket: Bun.WebSocketHandler<User> = { message(ws, message) { ws.send(message); } };
const own: WebSocketHandler<User> = websocket;
export const fetch: Fetch<User> = (request, server: Bun.Server<User>) =>
  server.upgrade(request, { data: { name: "me" } }) ? undefined : new Response();
export default {
  fetch(request: Request, server: Bun.Server<User>) { return fetch(request, server); },
  routes: { "/users/:id": (request: Bun.BunRequest<"/users/:id">) => new Response(request.params.id) },
  websocket: { ...own, open(ws: Bun.ServerWebSocket<User>) { ws.send(ws.data.name); } },
} satisfies App<User>;
export const handler = websocket satisfies WebSocketHandler<User>;
export const shutdown: Shutdown = async ({ signal }) => { await globalThis.fetch("http://x/", { signal }); };
`;

const work = mkdtempSync(join(tmpdir(), "pounce-types-"));
afterAll(() => rmSync(work, { recursive: true }));

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: false,
  skipLibCheck: false,
  noEmit: true,
  target: "ES2023",
};

interface Project {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** Of package.json: it decides which kind of module a file is. */
  readonly type?: "module" | "commonjs";
  readonly app: string;
}

/** Writes a project with the package in node_modules. Returns what the checker says of it. */
async function checked(name: string, { compilerOptions, type = "module", app }: Project) {
  const project = join(work, name.replaceAll(/\W+/g, "-"));
  const installed = join(project, "node_modules/pounce");
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  mkdirSync(installed);
  cpSync(
    fileURLToPath(new URL("../../src/types.ts", import.meta.url)),
    join(installed, "index.d.ts"),
  );
  writeFileSync(join(installed, "package.json"), JSON.stringify(mainManifest([], "0.1.0")));
  writeFileSync(join(installed, "index.js"), "");
  for (const from of ["bun-types", "undici-types", "@types/bun", "@types/node"]) {
    symlinkSync(join(nodeModules, from), join(project, "node_modules", from));
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "app", type }));
  writeFileSync(join(project, "app.ts"), app);
  const config = { compilerOptions: { ...STRICT, ...compilerOptions }, files: ["app.ts"] };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  const argv = [process.execPath, "check", "--no-pretty", "-p", project];
  const run = Bun.spawn(argv, { cwd: project, stdout: "pipe", stderr: "pipe" });
  const { code, stdout, stderr } = await finished(run);
  return { code, said: code === 0 ? "" : stdout + stderr };
}

const BUNDLER = { module: "Preserve", moduleResolution: "bundler" };
const NODE = { module: "NodeNext", moduleResolution: "NodeNext" };
const NO_DOM = ["ESNext"];
const DOM = ["ES2023", "DOM", "DOM.Iterable"];

describe("they compile, without skipLibCheck", () => {
  test.concurrent.each<[string, Project]>([
    [
      "with @types/bun, bundler",
      { compilerOptions: { ...BUNDLER, lib: NO_DOM, types: ["bun"] }, app: APP },
    ],
    [
      "with @types/bun and DOM",
      { compilerOptions: { ...BUNDLER, lib: DOM, types: ["bun"] }, app: APP },
    ],
    ["with DOM alone, bundler", { compilerOptions: { ...BUNDLER, lib: DOM, types: [] }, app: APP }],
    ["with DOM alone, node16", { compilerOptions: { ...NODE, lib: DOM, types: [] }, app: APP }],
    [
      "from a CommonJS module",
      { compilerOptions: { ...NODE, lib: DOM, types: [] }, type: "commonjs", app: APP },
    ],
    ["with @types/node", { compilerOptions: { ...NODE, lib: NO_DOM, types: ["node"] }, app: APP }],
    [
      "beside Bun's types",
      { compilerOptions: { ...BUNDLER, lib: NO_DOM, types: ["bun"] }, app: BUNS },
    ],
  ])(
    "%s",
    async (name, project) => {
      expect(await checked(name, project)).toEqual({ code: 0, said: "" });
    },
    60_000,
  );
});

test("the checker would have found a mistake", async () => {
  const compilerOptions = { ...BUNDLER, lib: DOM, types: [] };
  const app = `${APP}\nexport const more: Startup = (context) => context.reason;`;
  const { said } = await checked("with a mistake", { compilerOptions, app });
  expect(said).toContain("Property 'reason' does not exist on type 'Context'");
}, 60_000);

// The app that is made of a server which the program has started.
import type { NodeServer } from "../node/node-server.ts";
import { type Capture, listenOnOwnPort } from "../program/capture.ts";
import type { CapturedServer } from "../program/captured-server.ts";
import { otherAddressRemark } from "../program/other-address.ts";
import { NativeResponse } from "../http/native.ts";
import type { Fetch } from "../http/layer.ts";
import { appsOwn } from "../http/serve-options.ts";
import { AppError } from "./app-error.ts";
import { type App, HOOKS } from "./app.ts";
import { noteOrigin } from "./hono-prints.ts";

interface Program {
  readonly captured: CapturedServer;
  readonly capture: Capture;
  /** What its module exports, if it has been evaluated. */
  readonly module: Readonly<Record<string, unknown>>;
  /** As the user wrote it. */
  readonly label: string;
  readonly file: string;
  /** What it exports, if that is a Node handler. */
  readonly kind: string | undefined;
}

/** The app of a program. Throws `AppError` if its server cannot be served. */
export async function programApp(program: Program): Promise<App> {
  const { captured, capture, label, file, module } = program;
  if (captured.hasTls && !capture.isSecure) {
    throw new AppError(
      `app ${label}: its server ends TLS itself, which is pounce's to do: name its files as cert ` +
        "and key in [tls] of pounce.toml, or have it listen without tls",
    );
  }
  const [startup, shutdown, leader] = HOOKS.map((name) => hookOf(module[name]));
  const others = capture.portsBeside(captured);
  const { ports, hasWaited } = capture;
  const remark = otherAddressRemark(label, captured.options, ports, { others, hasWaited });
  const remarks = remark === undefined ? [] : [remark];
  if (captured.hasTls) {
    remarks.push(`${label}: its own tls is ignored: pounce serves what [tls] says`);
  }
  const common = {
    startup,
    shutdown,
    leader: leader as App["leader"],
    file,
    notes: [],
    remarks,
    captured,
  };
  return captured.isOfNode ? ofNode(program, common) : ofBun(captured, common);
}

function hookOf(value: unknown): App["startup"] {
  return typeof value === "function" ? (value as NonNullable<App["startup"]>) : undefined;
}

type Common = Pick<
  App,
  "startup" | "shutdown" | "leader" | "file" | "notes" | "remarks" | "captured"
>;

function ofBun(captured: CapturedServer, common: Common): App {
  const given = captured.take();
  const options = appsOwn(given);
  const fetch = typeof given["fetch"] === "function" ? (given["fetch"] as Fetch) : notFound;
  const bound = fetch.bind(captured.facade);
  noteOrigin(bound, fetch);
  return { ...common, fetch: bound, options, shape: "a program that listens (Bun.serve)" };
}

/** As Bun answers what no route is for, if there is no `fetch`. */
function notFound(): Response {
  return new NativeResponse(null, { status: 404 });
}

async function ofNode({ captured, capture, kind }: Program, common: Common): Promise<App> {
  const node = await nodeServer(captured, capture);
  const { NodeHandler } = await import("../node/node-handler.ts");
  return {
    ...common,
    fetch: notFound,
    options: {},
    shape: kind ?? "a program that listens (node:http)",
    node: (options) => new NodeHandler(node, options),
  };
}

/** Its code is loaded only for programs on node:http. */
async function nodeServer(captured: CapturedServer, capture: Capture): Promise<NodeServer> {
  const { NodeServer: Class } = await import("../node/node-server.ts");
  const server = await captured.nodeServer;
  if (server === undefined) throw new Error("the server of node:http is not known");
  return new Class(server, captured, capture);
}

/** A captured server that pounce does not serve really listens, on its own port. Throws. */
export async function listenItself(captured: CapturedServer, capture: Capture): Promise<void> {
  if (captured.isOfNode) {
    const node = await nodeServer(captured, capture);
    node.listenItself(listenOnOwnPort);
    return;
  }
  const own = listenOnOwnPort(captured.ownOptions);
  captured.serveBy({
    servers: () => [own],
    replace: (given) => void own.reload(given as never),
    stop: (force) => own.stop(force),
  });
}

// A pounce that prove starts: the executable again, as `serve`, apart from any server of the same
// configuration that may be running.
import { join } from "node:path";
import { askCard } from "../../admin/client.ts";
import type { LoadInput } from "../../config/load.ts";
import { loadConfig } from "../../config/load.ts";
import { formatDuration } from "../../core/duration.ts";
import type { Address } from "../../net/address.ts";
import type { Started, Subject } from "../subject.ts";
import { addressOf } from "./address.ts";
import { childEnvironment, endGroup, spawnGroup, type Spawned } from "./child-group.ts";
import { reloadPounce } from "./control.ts";
import { freePort } from "./free-port.ts";
import type { Guard } from "./guard.ts";
import { lastLinesOf } from "./kept-output.ts";
import { flagsApart, logIn, serveArgs, socketIn } from "./serve-args.ts";
import { spokenBy } from "./spoken.ts";

export interface OwnServer {
  /** Of the server as it would be served. */
  readonly input: LoadInput;
  /** What it is called, for people. */
  readonly name: string;
  /** A folder of ours. */
  readonly folder: string;
  readonly guard: Guard;
  /** Flags on top, for a copy of the app. */
  readonly flags?: Readonly<Record<string, string>>;
}

const LOOK_MS = 20;
/** What a stop may take beyond what the configuration allows. */
const STOP_GRACE_MS = 5000;

/** Starts it, and waits until it serves. `signal`: prove is to end. */
export async function startOwnServer(own: OwnServer, signal: AbortSignal): Promise<Started> {
  const { input, folder, guard } = own;
  const loaded = loadConfig({ ...input, flags: { ...input.flags, ...own.flags } });
  if (!loaded.ok) return refused("usage", loaded.errors.join("\n"));
  const { config } = loaded;
  const apart = flagsApart(input, config, { folder, freePort: freePort() });
  const socket = socketIn(folder);
  const outputs = [join(folder, "output"), logIn(folder)] as const;
  const env = { ...childEnvironment(), RUNTIME_DIRECTORY: folder };
  const argv = serveArgs(input, { ...apart, ...own.flags });
  const child = spawnGroup([process.execPath, ...argv], { env, output: outputs[0], guard });
  const lastLines = (): string[] => lastLinesOf(outputs);
  const target = await untilServing(socket, child, signal);
  if (typeof target === "string") {
    const lines = lastLines();
    await endGroup(child, STOP_GRACE_MS);
    return refused("failed", `the server ${target}`, lines);
  }
  const { tls, isH2c } = spokenBy(config);
  const stopMs = config.shutdownTimeoutMs + config.shutdownDelayMs + STOP_GRACE_MS;
  const subject: Subject = {
    name: own.name,
    target: tls === undefined ? target : { ...target, tls },
    isH2c,
    isOurs: true,
    settleMs: 0,
    died: child.exited.then((how) => `it ended with ${how}`),
    reload: () => reloadPounce(socket),
    async end(isHurried) {
      // QUIT has pounce stop at once.
      const how = await endGroup(child, stopMs, isHurried ? "SIGQUIT" : "SIGTERM");
      if (how === undefined) return `it did not stop within ${formatDuration(stopMs)}`;
      return how === "exit code 0" ? undefined : `its stop ended with ${how}`;
    },
    doubts: () => [],
    lastLines,
  };
  return { ok: true, subject };
}

function refused(
  code: "usage" | "failed",
  message: string,
  lines: readonly string[] = [],
): Started {
  return { ok: false, code, message, lines };
}

/** Where it serves, or how it failed to. */
async function untilServing(
  socket: string,
  child: Spawned,
  signal: AbortSignal,
): Promise<Address | string> {
  let how: string | undefined;
  void child.exited.then((it) => (how = it));
  for (;;) {
    if (how !== undefined) return `did not start: it ended with ${how}`;
    if (signal.aborted) return "was not waited for";
    const found = await askCard(socket);
    if (found.kind === "server" && found.card.state === "serving") {
      const target = addressOf(found.card.addresses);
      return target ?? "listens on no address";
    }
    await Bun.sleep(LOOK_MS);
  }
}

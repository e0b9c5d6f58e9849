// Which servers `pounce prove` is to prove, in their order.
import { showValue } from "../../config/schema/setting.ts";
import type { LoadInput } from "../../config/load.ts";
import { embeddedApp } from "../../embedded-app.ts";
import { type Candidate, otherServer, ownPounce, runningPounce } from "../../prove/candidates.ts";
import type { Endpoint } from "../../prove/load/endpoint.ts";
import { freePort } from "../../prove/servers/free-port.ts";
import type { Failure } from "../failure.ts";
import { findServer } from "../find-server.ts";
import type { ProveArgs } from "./args.ts";
import type { Beside, ProveInput } from "./input.ts";

export type Start = (signal: AbortSignal) => Promise<Candidate>;

type Servers =
  | { readonly ok: true; readonly starts: readonly Start[] }
  | { readonly ok: false; readonly failure: Failure };

const HOST = "127.0.0.1";
/** How long another server may take until it answers, if it is started, and if it runs. */
const START_MS = 30_000;
const RUNNING_MS = 5000;

export async function serversOf(
  { pounce, other, url, trust, bad, wishes }: ProveInput,
  args: ProveArgs,
  input: LoadInput,
): Promise<Servers> {
  const { reloads, paths } = wishes;
  const starts: Start[] = [];
  const named: Endpoint | undefined = url && {
    ...url.address,
    ...(url.isSecure ? { tls: trust ?? {} } : {}),
  };
  if (pounce === "attach") {
    const found = await findServer(givenFlags(input, args), input.env, input.cwd);
    if (!found.ok) return found;
    starts.push(runningPounce(found.server, { named, trust }, reloads));
  }
  if (pounce === "own") starts.push(ownPounce({ input, name: nameOf(input), bad, reloads }));
  if (other !== undefined) {
    const { compare: start, ...rest } = other;
    const { host = HOST, port = String(freePort()) } = input.flags;
    const target = named ?? { host, port: Number(port) };
    const [path = "/"] = paths;
    const startMs = start === undefined ? RUNNING_MS : START_MS;
    starts.push(otherServer({ ...rest, start, target, path, startMs }, reloads));
  }
  return { ok: true, starts };
}

function nameOf({ positionalApp, flags }: LoadInput): string {
  const { app, config } = flags;
  const named = positionalApp ?? app ?? (config === undefined ? undefined : `--config ${config}`);
  const label = named ?? embeddedApp()?.label;
  return label === undefined ? "pounce" : `pounce ${label}`;
}

/** Flags that name a server as well as configuring one. */
const NAMING = new Set(["config", "host", "port", "control-socket"]);
/** Flags that name an app, or a file that does. */
const NAMING_APP = new Set(["config", "app"]);

/** The keys that were given as flags, without the file that was found in the folder. */
function givenFlags({ flags }: LoadInput, { config }: ProveArgs): Readonly<Record<string, string>> {
  const { config: _, ...others } = flags;
  return config === undefined ? others : flags;
}

/** What was given besides the flags of prove. */
export function besideOf(input: LoadInput, args: ProveArgs): Beside {
  const { positionalApp, appArgs } = input;
  const flags = givenFlags(input, args);
  const names = Object.keys(flags);
  const keys = names.filter((name) => !NAMING.has(name)).map((name) => `--${name}`);
  return {
    configuring: [
      ...(positionalApp === undefined ? [] : [showValue(positionalApp)]),
      ...keys,
      ...(appArgs === undefined ? [] : ["--"]),
    ],
    namesApp: positionalApp !== undefined || names.some((name) => NAMING_APP.has(name)),
    hasSocket: names.includes("control-socket"),
    port: flags["port"],
    seed: Math.floor(Math.random() * 2 ** 32),
  };
}

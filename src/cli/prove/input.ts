// What `pounce prove` is to do, from its arguments: which servers, and with what load.
import type { TlsTrust } from "../../prove/load/endpoint.ts";
import type { Wishes } from "../../prove/wishes.ts";
import {
  headers,
  Mistake,
  MINUTE_MS,
  modesIn,
  optional,
  pathOf,
  paths,
  time,
  whole,
} from "./values.ts";
import { type Target, targetIn, trustIn } from "./target.ts";

/** As they were given; a list has line ends between its values. */
export interface ProveFlags {
  readonly attach?: boolean | undefined;
  readonly compare?: string | undefined;
  readonly reload?: string | undefined;
  readonly stop?: string | undefined;
  readonly settle?: string | undefined;
  readonly url?: string | undefined;
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly bad?: boolean | undefined;
  readonly path?: string | undefined;
  readonly header?: string | undefined;
  readonly post?: string | undefined;
  readonly sse?: string | undefined;
  readonly websocket?: string | undefined;
  readonly modes?: string | undefined;
  readonly reloads?: string | undefined;
  readonly clients?: string | undefined;
  readonly rate?: string | undefined;
  readonly timeout?: string | undefined;
  readonly seed?: string | undefined;
}

/** What else was given. */
export interface Beside {
  /** What configures a server: APP, and flags of keys, as they are written. */
  readonly configuring: readonly string[];
  /** Whether some of that names an app or a file, and not just how to serve. */
  readonly namesApp: boolean;
  /** Whether a control socket is named. */
  readonly hasSocket: boolean;
  /** `--port`, as it was given. */
  readonly port: string | undefined;
  /** A seed, if none is given. */
  readonly seed: number;
}

/** Another server than pounce. */
export interface Other {
  readonly compare: string | undefined;
  readonly reload: string;
  readonly stop: string;
  readonly settleMs: number;
}

export interface ProveInput {
  readonly wishes: Wishes;
  /** The pounce to prove: one of its own, a running one, none. */
  readonly pounce: "own" | "attach" | undefined;
  readonly other: Other | undefined;
  /** Where the load goes, if not to where the server listens. */
  readonly url: Target | undefined;
  /** Which certificates are taken, if that was said. */
  readonly trust: TlsTrust | undefined;
  readonly bad: boolean;
}

type Judged =
  | { readonly ok: true; readonly input: ProveInput }
  /** One line. */
  | { readonly ok: false; readonly error: string };

const DEFAULT_SETTLE = "3s";

/** Judges the arguments: the first mistake counts. */
export function proveInput(flags: ProveFlags, beside: Beside): Judged {
  try {
    const mistake = combinationMistake(flags, beside);
    if (mistake !== undefined) throw new Mistake(mistake);
    const input = read(flags, beside);
    refuseIdlePaths(input.wishes);
    return { ok: true, input };
  } catch (error) {
    if (error instanceof Mistake) return { ok: false, error: error.message };
    throw error;
  }
}

function read(flags: ProveFlags, { namesApp, seed }: Beside): ProveInput {
  const { attach, compare, reload, stop = "", settle = DEFAULT_SETTLE, url, bad = false } = flags;
  const isOwn = reload === undefined || namesApp;
  return {
    pounce: attach === true ? "attach" : isOwn ? "own" : undefined,
    other:
      reload === undefined
        ? undefined
        : { compare, reload, stop, settleMs: time("--settle", settle, 0, 10 * MINUTE_MS) },
    url: url === undefined ? undefined : targetIn(url),
    trust: trustIn(flags.ca, flags.insecure === true),
    bad,
    wishes: {
      paths: flags.path === undefined ? ["/"] : paths("--path", flags.path),
      postPaths: flags.post === undefined ? [] : paths("--post", flags.post),
      ssePath: flags.sse === undefined ? undefined : pathOf("--sse", flags.sse),
      webSocketPath:
        flags.websocket === undefined ? undefined : pathOf("--websocket", flags.websocket),
      headers: flags.header === undefined ? {} : headers(flags.header),
      modes: flags.modes === undefined ? undefined : modesIn(flags.modes),
      reloads: whole("--reloads", flags.reloads ?? "10", 1, 1000),
      clients: optional("--clients", flags.clients, 1, 10_000),
      rate: optional("--rate", flags.rate, 1, 1_000_000),
      timeoutMs: time("--timeout", flags.timeout ?? "10s", 100, 10 * MINUTE_MS),
      seed: optional("--seed", flags.seed, 0, 2 ** 32 - 1) ?? seed,
    },
  };
}

/** Flags that need or exclude others. */
function combinationMistake(flags: ProveFlags, beside: Beside): string | undefined {
  const { attach, compare, reload, stop, settle, url, bad } = flags;
  const { configuring, namesApp, hasSocket, port } = beside;
  const [first] = configuring;
  if (attach === true && first !== undefined) {
    return `${first}: it configures a server, and --attach starts none`;
  }
  if (attach !== true && hasSocket) {
    return "--control-socket: it names a running server, for --attach; others get one of their own";
  }
  if (attach !== true && reload !== undefined && !namesApp && first !== undefined) {
    return `${first}: it configures pounce, which is proven too with APP or --config`;
  }
  if (reload !== undefined && port !== undefined) whole("--port", port, 1, 65_535);
  if (compare !== undefined && reload === undefined) {
    return "--compare: it needs --reload COMMAND, which reloads that server";
  }
  if (reload !== undefined && compare === undefined && url === undefined) {
    return "--reload: it needs --compare COMMAND, or --url for a server that runs already";
  }
  if (stop !== undefined && compare === undefined) return "--stop: it needs --compare COMMAND";
  if (settle !== undefined && reload === undefined) return "--settle: it needs --reload COMMAND";
  if (url !== undefined && attach !== true && reload === undefined) {
    return "--url: it needs --reload COMMAND, or --attach";
  }
  if (url !== undefined && attach === true && reload !== undefined) {
    return "--url: with --attach and --reload it could be either server: prove one at a time";
  }
  const trusting = flags.ca === undefined ? "--insecure" : "--ca";
  const isTrusting = flags.ca !== undefined || flags.insecure === true;
  if (isTrusting && attach !== true && url?.startsWith("https:") !== true) {
    return `${trusting}: it goes with --url https://HOST:PORT, or --attach`;
  }
  const isOwn = attach !== true && reload === undefined;
  if (bad === true && !isOwn) {
    return "--bad: it needs a server of its own alone: leave out --attach, --compare and --url";
  }
  for (const [name, value] of Object.entries({ compare, reload, stop })) {
    if (value?.trim() === "" && name !== "stop") return `--${name}: expected a command, got ""`;
  }
  return undefined;
}

/** A path is named for a mode that was not chosen. */
function refuseIdlePaths({ modes, postPaths, ssePath, webSocketPath }: Wishes): void {
  const uses = [
    ["--post", postPaths.length > 0, ["post", "slow-upload"]],
    ["--sse", ssePath !== undefined, ["sse"]],
    ["--websocket", webSocketPath !== undefined, ["websocket"]],
  ] as const;
  for (const [flag, isNamed, of] of uses) {
    const isIdle = isNamed && modes?.some((mode) => of.some((it) => it === mode)) === false;
    if (isIdle) throw new Mistake(`${flag}: no mode of it is among --modes: ${of.join(", ")}`);
  }
}

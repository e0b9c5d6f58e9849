// What `pounce prove` is to do, from its arguments: which servers, and with what load.
import { suggest } from "../../config/sources/nearest.ts";
import { parseDuration } from "../../config/schema/duration.ts";
import { showValue } from "../../config/schema/setting.ts";
import { formatDuration } from "../../core/duration.ts";
import type { Address } from "../../net/address.ts";
import { type Mode, MODES } from "../../prove/load/plan.ts";
import type { Wishes } from "../../prove/wishes.ts";

/** As they were given; a list has line ends between its values. */
export interface ProveFlags {
  readonly attach?: boolean | undefined;
  readonly compare?: string | undefined;
  readonly reload?: string | undefined;
  readonly stop?: string | undefined;
  readonly settle?: string | undefined;
  readonly url?: string | undefined;
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
  readonly url: Address | undefined;
  readonly bad: boolean;
}

type Judged =
  | { readonly ok: true; readonly input: ProveInput }
  /** One line. */
  | { readonly ok: false; readonly error: string };

/** A value that is not valid. Only this file catches it. */
class Mistake extends Error {}

const DEFAULT_SETTLE = "3s";
const MINUTE_MS = 60_000;

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
    url: url === undefined ? undefined : addressIn(url),
    bad,
    wishes: {
      paths: flags.path === undefined ? ["/"] : paths("--path", flags.path),
      postPaths: flags.post === undefined ? [] : paths("--post", flags.post),
      ssePath: flags.sse === undefined ? undefined : pathOf("--sse", flags.sse),
      webSocketPath:
        flags.websocket === undefined ? undefined : pathOf("--websocket", flags.websocket),
      headers: Object.fromEntries(flags.header?.split("\n").map(headerOf) ?? []),
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

function refuse(flag: string, expected: string, value: string, hint = ""): never {
  throw new Mistake(`${flag}: expected ${expected}, got ${showValue(value)}${hint}`);
}

function whole(flag: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  return refuse(flag, `a whole number from ${min} to ${max}`, text);
}

function optional(flag: string, text: string | undefined, min: number, max: number) {
  return text === undefined ? undefined : whole(flag, text, min, max);
}

function time(flag: string, text: string, minMs: number, maxMs: number): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
  const range = `from ${minMs === 0 ? "0" : formatDuration(minMs)} to ${maxMs / MINUTE_MS}m`;
  return refuse(flag, `a time such as 2s or 500ms, ${range}`, text);
}

function paths(flag: string, text: string): string[] {
  return [...new Set(text.split("\n").map((path) => pathOf(flag, path)))];
}

function pathOf(flag: string, text: string): string {
  const isPath = /^\/[!-~]*$/.test(text) && !text.includes("#");
  return isPath ? text : refuse(flag, 'a path that begins with "/"', text);
}

/** What HTTP permits as a header's name. */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

function headerOf(text: string): readonly [string, string] {
  const [, name, value] = HEADER.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value.trim()];
  return refuse("--header", '"Name: value"', text);
}

function modesIn(text: string): Mode[] {
  const names = Object.keys(MODES) as Mode[];
  const given = text.split(/[\n,]/).map((name) => name.trim());
  for (const name of given) {
    if (names.some((mode) => mode === name)) continue;
    const hint = ` (${suggest(name, "mode", names)})`;
    refuse("--modes", `some of ${names.join(", ")}`, name, hint);
  }
  return names.filter((mode) => given.includes(mode));
}

function addressIn(text: string): Address {
  const expected = "http://HOST:PORT";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:") refuse("--url", `${expected}; TLS is not spoken`, text);
  if (url?.protocol !== "http:") return refuse("--url", expected, text);
  if (url.pathname !== "/" || url.search !== "") {
    refuse("--url", `${expected} without a path, which --path names`, text);
  }
  const port = url.port === "" ? 80 : Number(url.port);
  return { host: url.hostname.replaceAll(/[[\]]/g, ""), port };
}

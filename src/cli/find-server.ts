// Finds the one server that a command is for, or says why there is none. It never picks a server
// other than the one that was named. A pounce.toml in the working directory names one, too: where
// its server does not run, the server of another file is not meant.
import { SILENCE_MS } from "../admin/client.ts";
import { look, lookAround, type Looked, type Running, runningAmong } from "../admin/registry.ts";
import { searchedFolders } from "../admin/runtime-folder.ts";
import type { Environment } from "../config/sources/environment.ts";
import { usualFile } from "../config/sources/usual-file.ts";
import type { Failure } from "./failure.ts";
import { byConfig, type Naming, type NamingFlags, readNamings } from "./naming.ts";

export type Found =
  | { readonly ok: true; readonly server: Running }
  | { readonly ok: false; readonly failure: Failure };

/** How long other servers may be silent, once the one that was named has been found. */
const OTHERS_SILENCE_MS = 1000;

/** @param flags those of a command, see `CONTROL_ARGS` */
export async function findServer(
  flags: NamingFlags,
  env: Environment,
  cwd: string,
): Promise<Found> {
  const read = await readNamings(flags, env, cwd);
  if (!read.ok) return failed("usage", read.error);
  const { namings } = read;
  const paths = [...new Set(namings.flatMap((naming) => naming.paths))];
  const chosen = new Set(namings.flatMap((naming) => naming.chosen));
  const named = await Promise.all(paths.map((path) => look(path, SILENCE_MS, chosen.has(path))));
  const [first, ...others] = acceptedBy(namings, named);
  // A file or an address may belong to several servers.
  const isSure =
    first !== undefined && others.length === 0 && flags["control-socket"] !== undefined;
  if (isSure) return { ok: true, server: first };
  // If we have waited for a silent server, we have waited long enough.
  const isSilent = named.some(({ found }) => found.kind === "silent");
  const limitMs = first === undefined ? SILENCE_MS : OTHERS_SILENCE_MS;
  const all = isSilent ? named : [...named, ...(await lookAround(limitMs, paths))];
  const usual = namings.length === 0 ? usualFile(env, cwd) : undefined;
  const [own, second] = usual === undefined ? [] : acceptedBy([byConfig(usual, env, cwd)], all);
  if (own !== undefined && second === undefined) return { ok: true, server: own };
  const stray = usual === undefined || own !== undefined ? [] : all.filter(isOfAFile);
  const meant = all.filter((it) => !stray.includes(it));
  return choose(namings, named, meant, stray);
}

/** Another server of this folder has been started with flags alone. */
function isOfAFile({ found }: Looked): boolean {
  return found.kind === "server" && found.card.config != null;
}

/** @param stray of other files than the one in the working directory, whose server does not run */
function choose(
  namings: readonly Naming[],
  named: readonly Looked[],
  all: readonly Looked[],
  stray: readonly Looked[],
): Found {
  const [server, ...others] = acceptedBy(namings, all);
  // A server that does not answer may be the one that is meant.
  const silent = all.filter(({ found }) => found.kind === "silent");
  const isAlone = others.length === 0 && (namings.length > 0 || silent.length === 0);
  if (server !== undefined && isAlone) return { ok: true, server };
  if (server !== undefined) {
    const which = [...acceptedBy(namings, all).map(describe), ...silent.map(({ path }) => path)];
    const how = "name one by --config, --control-socket or --port";
    const words = `Several servers are running, ${how}: ${which.join("; ")}`;
    return failed("ambiguous", words);
  }
  const each = namings.map((naming) => acceptedBy([naming], all));
  if (namings.length > 1 && each.some((servers) => servers.length > 0)) {
    const told = namings.map((naming, index) => {
      const servers = (each[index] ?? []).map(describe).join("; ");
      return `${naming.given} is ${servers === "" ? "no running server" : servers}`;
    });
    return failed("disagreement", `These do not name the same server: ${told.join(", ")}`);
  }
  return notFound(namings, named, [...all, ...stray], silent, stray.length > 0);
}

function acceptedBy(namings: readonly Naming[], looked: readonly Looked[]): Running[] {
  return runningAmong(looked).filter((server) => namings.every(({ accepts }) => accepts(server)));
}

function notFound(
  namings: readonly Naming[],
  named: readonly Looked[],
  all: readonly Looked[],
  silent: readonly Looked[],
  isForUsual: boolean,
): Found {
  // A silent server has a socket in our folders, but it need not be the server that was named.
  const mute = named.find(({ found }) => found.kind === "silent") ?? silent[0];
  const mayBeMeant = namings.length === 0 || !namings.every(isByFile);
  if (mute !== undefined && (named.includes(mute) || mayBeMeant)) {
    const seconds = `${SILENCE_MS / 1000} s`;
    return failed("no-answer", `No answer within ${seconds} from ${mute.path}`);
  }
  const places = named.filter(({ found }) => why(found) !== undefined);
  const looked = (places.length > 0 ? places : named.slice(0, 1)).map(({ path, found }) => {
    const reason = why(found);
    return reason === undefined ? path : `${path} (${reason})`;
  });
  const where =
    looked.length > 0 ? `at ${looked.join(", ")}` : `in ${searchedFolders().join(", ")}`;
  const others = runningAmong(all).map(describe).join("; ");
  const isAll = namings.length > 0 || process.getuid?.() === 0;
  const unseen = isAll ? "" : "; only root can see those of other users";
  const how = isForUsual ? ": name it by --config" : "";
  const hint = others === "" ? unseen : `; running: ${others}${how}`;
  const usual = isForUsual ? ["the pounce.toml in this folder"] : [];
  const given = [...usual, ...namings.filter((it) => !isBySocket(it)).map((it) => it.given)];
  const asked = given.length === 0 ? "" : ` for ${given.join(" and ")}`;
  const words = `No running server was found ${where}${asked}${hint}`;
  return failed("not-running", words);
}

function isByFile(naming: Naming): boolean {
  return naming.given.startsWith("--config ") || isBySocket(naming);
}

function isBySocket({ given }: Naming): boolean {
  return /^(--control-socket|POUNCE_CONTROL_SOCKET) /.test(given);
}

/** What is there instead of a server; undefined: nothing. */
function why(found: Looked["found"]): string | undefined {
  switch (found.kind) {
    case "nobody":
    case "untrusted":
      return found.why;
    case "foreign":
      return "another program answers there";
    case "gone":
      return "the program that listens there did not answer";
    case "silent":
      return "no answer";
    case "server":
      return `that is ${describe({ path: "", card: found.card })}`;
    default:
      found satisfies never;
  }
  return undefined;
}

/** `process 7 on 127.0.0.1:8000 (/srv/pounce.toml)`. */
function describe({ card }: Running): string {
  const where = card.addresses.length === 0 ? "" : ` on ${card.addresses.join(", ")}`;
  return `process ${card.pid}${where}${card.config == null ? "" : ` (${card.config})`}`;
}

function failed(code: Failure["code"], message: string): Found {
  return { ok: false, failure: { code, message } };
}

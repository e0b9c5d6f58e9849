// The files of a CA in `state_directory`: the key of the account, a file for each certificate with
// its key, and what has failed. Each is written in one step, and only its owner may read it.
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { refusal } from "../os/refusal.ts";
import { replaceFile, writeNewFile } from "../os/replace-file.ts";
import { codeOf } from "../os/shortage.ts";
import { checkPair } from "../tls/check-pair.ts";
import { covers } from "../tls/certificate.ts";
import type { Failures, HeldCertificate } from "./schedule.ts";

/** Only the owner may enter it, and read it. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** As much as a key and a long chain take. */
const ROOM_BYTES = 16 * 1024;
const NOTHING_THERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

function failuresFile(folder: string, domain: string): string {
  return join(folder, "failures", `${domain}.json`);
}

/** The private key of the account. */
export function accountFile(folder: string): string {
  return join(folder, "account.key");
}

/** Whoever holds the lock of this file orders. */
export function lockFile(folder: string): string {
  return join(folder, "order.lock");
}

/**
 * Makes the folders of a CA.
 * @returns what is wrong; undefined if they can be used
 */
export function prepareFolders(stateFolder: string, folder: string): string | undefined {
  try {
    for (const name of ["certificates", "failures"]) {
      mkdirSync(join(folder, name), { recursive: true, mode: FOLDER_MODE });
    }
    // The folder for all may have been made by the system, for others to look at.
    chmodSync(join(stateFolder, "acme"), FOLDER_MODE);
    return undefined;
  } catch (error) {
    return `${folder}: ${refusal(error)} (set state_directory to a folder of this user)`;
  }
}

/**
 * What has failed for a domain before; undefined: nothing, as far as is known.
 * @param problem is told of a file that cannot be used, as in all that read
 */
export function readFailures(
  folder: string,
  domain: string,
  problem: (words: string) => void,
): Failures | undefined {
  const path = failuresFile(folder, domain);
  const text = readText(path, problem);
  if (text === undefined) return undefined;
  const value = parse(text);
  const { count, lastMs, retryMs, floorMs, reason } = (value ?? {}) as Partial<Failures>;
  const numbers = [count, lastMs, retryMs, floorMs];
  if (numbers.every((it) => Number.isFinite(it)) && typeof reason === "string") {
    return value as Failures;
  }
  problem(`${path} is broken, and does not count`);
  return undefined;
}

/** The certificate in a file, with its key; undefined: none that is of use for the domain. */
export function readHeld(
  path: string,
  domain: string,
  problem: (words: string) => void,
): HeldCertificate | undefined {
  const text = readText(path, problem);
  if (text === undefined) return undefined;
  const checked = checkPair({ cert: text, key: text }, 0);
  if (!checked.ok) {
    problem(`${path} ${checked.problem.words}`);
    return undefined;
  }
  const { info } = checked.pair;
  if (!info.isSelfSigned && info.names.some((name) => covers(name, domain))) return info;
  problem(`${path} holds a certificate of ${info.label}, which is none of a CA for ${domain}`);
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined: there is none, or it cannot be read. */
export function readText(path: string, problem: (words: string) => void): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (!NOTHING_THERE.has(codeOf(error) ?? "")) problem(`${path}: ${refusal(error)}`);
    return undefined;
  }
}

/** @returns what is wrong; undefined if it was written */
export function writeSecret(path: string, text: string): string | undefined {
  const problem = replaceFile(path, (name) => writeNewFile(name, text, FILE_MODE));
  return problem && `${path}: ${problem}`;
}

/**
 * Whether a certificate could be written now: one that is issued and then lost counts for the CA,
 * which issues only a few for the same name in a week.
 */
export function roomProblem(path: string): string | undefined {
  const beside = join(dirname(path), ".room");
  const problem = writeSecret(beside, "0".repeat(ROOM_BYTES));
  rmSync(beside, { force: true });
  return problem;
}

/** Undefined failures: there are none any more. Returns what is wrong. */
export function writeFailures(
  folder: string,
  domain: string,
  failures: Failures | undefined,
): string | undefined {
  const path = failuresFile(folder, domain);
  if (failures !== undefined) return writeSecret(path, `${JSON.stringify(failures)}\n`);
  try {
    rmSync(path, { force: true });
    return undefined;
  } catch (error) {
    return `${path}: ${refusal(error)}`;
  }
}

/** Keeps a file that cannot be used, under another name, for people to look at. */
export function setAside(path: string, text: string): string | undefined {
  const mark = createHash("sha256").update(text, "latin1").digest("hex").slice(0, 8);
  return writeSecret(join(dirname(path), `broken-${mark}`), text);
}

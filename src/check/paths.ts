// Whether a server could write its files. Each is tried, and left as it was.
import { closeSync, openSync, readlinkSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { askCard } from "../admin/client.ts";
import { obstacleAt } from "../admin/listen.ts";
import { folderProblem } from "../admin/runtime-folder.ts";
import { controlSocketPath } from "../admin/socket-path.ts";
import type { Config, TlsConfig } from "../config/config.ts";
import { pidFileObstacle } from "../master/host/pid-file.ts";
import type { Plan } from "../master/plan/plan.ts";
import { fileProblemFor } from "../log/user-file.ts";
import { openToAppend } from "../os/append.ts";
import { refusal } from "../os/refusal.ts";
import { codeOf } from "../os/shortage.ts";
import { here } from "../platform.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";

/** @param own the process of this configuration's running server, which owns these files */
export async function pathFindings(
  { config, runsAs }: Plan,
  own: number | undefined,
): Promise<Finding[]> {
  const { pidFile, log, accessLog } = config;
  const user = runsAs?.identity;
  return [
    ...(pidFile === undefined ? [] : [pidFileFinding(pidFile, own)]),
    ...logFinding("log.file", log.file, appendProblem),
    ...logFinding("log.access", accessLog?.file, (path) =>
      user === undefined ? appendProblem(path) : fileProblemFor(user, path),
    ),
    await socketFinding(config, own),
    ...(config.tls?.acme === undefined ? [] : await acmeOf(config.tls)),
  ];
}

/** A server without it never loads the code for it. */
async function acmeOf(tls: TlsConfig): Promise<Finding[]> {
  const { acmeFindings } = await import("./acme.ts");
  return acmeFindings(tls, (path) => newFileProblem(path, true));
}

function pidFileFinding(path: string, own: number | undefined): Finding {
  const problem = pidFileObstacle(path, own) ?? newFileProblem(path);
  return problem === undefined
    ? fine("pid_file", path)
    : fault("pid_file", `cannot write ${path}: ${problem}`);
}

function logFinding(
  name: string,
  path: string | undefined,
  problemOf: (path: string) => string | undefined,
): Finding[] {
  if (path === undefined) return [];
  const problem = problemOf(path);
  return [
    problem === undefined ? fine(name, path) : fault(name, `cannot open ${path}: ${problem}`),
  ];
}

/** Without a control socket a server serves, but commands cannot reach it. */
async function socketFinding(config: Config, own: number | undefined): Promise<Finding> {
  const name = "control_socket";
  const path = controlSocketPath(config);
  const reply = await askCard(path);
  if (reply.kind === "server" && reply.card.pid === own) {
    return fine(name, `${path}: this server's`);
  }
  const isOurs = config.controlSocket === undefined;
  const problem =
    (Buffer.byteLength(path) > here.socketPathBytes
      ? `longer than ${here.socketPathBytes} bytes`
      : undefined) ??
    (reply.kind === "server" ? `in use by process ${reply.card.pid}` : undefined) ??
    (reply.kind === "nobody" ? undefined : "another program listens there") ??
    obstacleAt(path) ??
    (isOurs && isThere(dirname(path)) ? folderProblem(dirname(path)) : undefined) ??
    newFileProblem(path, isOurs);
  const advice = "it would serve, but no command would find it: set control_socket to another path";
  return problem === undefined ? fine(name, path) : warning(name, `${path}: ${problem}`, advice);
}

/** Why a file cannot be appended to or created. Opened like the log, but without creating it. */
function appendProblem(path: string): string | undefined {
  try {
    closeSync(openToAppend(path, false));
    return undefined;
  } catch (error) {
    return codeOf(error) === "ENOENT" ? newFileProblem(targetOf(path)) : refusal(error);
  }
}

/**
 * Why a file cannot be created at a path: one with another name is made beside it, and removed.
 * @param makesFolders missing folders on the way would be created
 */
function newFileProblem(path: string, makesFolders = false): string | undefined {
  if (isThere(path) && statSync(path).isDirectory()) return "it is a folder";
  const folder = makesFolders ? nearestFolder(dirname(path)) : dirname(path);
  const beside = join(folder, `.pounce-check-${crypto.randomUUID().slice(0, 8)}`);
  return attempt(() => {
    closeSync(openSync(beside, "wx", 0o600));
    rmSync(beside);
  }, beside);
}

/** The folder itself, or the first existing one above it. */
function nearestFolder(folder: string): string {
  return isThere(folder) || folder === "/" ? folder : nearestFolder(dirname(folder));
}

/** Where a dangling link leads: the file would be created there. */
function targetOf(path: string): string {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return path;
  }
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * The system's objection, without the call and the path.
 * @param created the file that `action` creates, if it does
 */
function attempt(action: () => void, created?: string): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return refusal(error, created);
  }
}

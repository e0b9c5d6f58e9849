// The subjects that run on Bun, all from pounce's executable: pounce itself, raw `Bun.serve`, which
// cannot reload, and a rolling restart of it by hand.
import { fileURLToPath } from "node:url";
import { HOST } from "../http.ts";
import { RawPair, WORKERS } from "../servers.ts";
import { type VersionedApp, type Workspace, writeApp } from "../workspace.ts";
import { versionOf } from "./found.ts";
import { startMain, type Subject } from "./subject.ts";

/** Real handlers wait for something. */
const APP: VersionedApp = "async";
const NAIVE = fileURLToPath(new URL("../../../test/helpers/naive-server.ts", import.meta.url));
const AS_BUN = { BUN_BE_BUN: "1" };

/** The app's file: the same for all three. */
function appOf(workspace: Workspace): { readonly file: string; readonly write: Subject["write"] } {
  return {
    file: `${workspace.dir}/${APP}.ts`,
    write: (_port, version) => writeApp(workspace, APP, version),
  };
}

export async function pounce(workspace: Workspace): Promise<Subject> {
  const { file, write } = appOf(workspace);
  const flags = ["--host", HOST, "--workers", `${WORKERS}`];
  return {
    name: "pounce",
    version: `pounce ${versionOf([workspace.pounce, "--version"])}`,
    write,
    start: async (port) =>
      startMain({
        command: [workspace.pounce, file, ...flags, "--port", `${port}`],
        cwd: workspace.dir,
        signal: "SIGHUP",
        ready: { text: "Listening on ", times: 1 },
      }),
  };
}

function bunVersion(workspace: Workspace): string {
  return `Bun ${versionOf([workspace.pounce, "--version"], AS_BUN)}`;
}

export async function rawBun(workspace: Workspace): Promise<Subject> {
  const { file, write } = appOf(workspace);
  return {
    name: "raw Bun.serve",
    version: bunVersion(workspace),
    write,
    async start(port) {
      const pair = await RawPair.start(workspace, file, port);
      return { processes: () => pair.workers(), end: () => pair.end() };
    },
  };
}

export async function naive(workspace: Workspace): Promise<Subject> {
  const { file, write } = appOf(workspace);
  return {
    name: "naive restart",
    version: bunVersion(workspace),
    write,
    start: async (port) =>
      startMain({
        command: [workspace.pounce, NAIVE, file, `${WORKERS}`, `--port=${port}`],
        cwd: workspace.dir,
        env: AS_BUN,
        signal: "SIGHUP",
        ready: { text: "Listening on ", times: 1 },
      }),
  };
}

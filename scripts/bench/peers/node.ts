// The subjects that run on Node: its cluster module as its documentation shows it, and PM2 in
// cluster mode.
import { HOST } from "../http.ts";
import { installPackages, PM2_VERSION } from "../programs/installed.ts";
import { startPm2 } from "../programs/servers.ts";
import { benchFile } from "../servers.ts";
import type { Workspace } from "../workspace.ts";
import { findProgram, type Missing, versionOf } from "./found.ts";
import { Stage } from "./stage.ts";
import { startMain, type Subject } from "./subject.ts";

const FILE = "answer.mjs";
const INSTALL_NODE = "apt-get install nodejs";

export async function nodeCluster(workspace: Workspace): Promise<Subject | Missing> {
  const node = findProgram("node");
  if (node === undefined) return { missing: "node, for its cluster,", install: INSTALL_NODE };
  const stage = await Stage.create(workspace.dir, "cluster", [FILE]);
  return {
    name: "Node's cluster",
    version: `Node ${versionOf([node, "--version"])}`,
    write: (port, version) => stage.write(port, version),
    start: async (port) =>
      startMain({
        command: [node, benchFile("programs/cluster.mjs"), stage.path(FILE)],
        cwd: stage.dir,
        env: { NODE_ENV: "production", HOST, PORT: `${port}` },
        signal: "SIGHUP",
        ready: { text: "listening", times: 1 },
      }),
  };
}

export async function pm2(workspace: Workspace): Promise<Subject | Missing> {
  const node = findProgram("node");
  if (node === undefined) return { missing: "node, for PM2,", install: INSTALL_NODE };
  const stage = await Stage.create(workspace.dir, "pm2", [FILE]);
  await installPackages(stage.dir, { pm2: PM2_VERSION });
  return {
    name: "PM2",
    version: `PM2 ${PM2_VERSION}, Node ${versionOf([node, "--version"])}`,
    write: (port, version) => stage.write(port, version),
    start: (port) => startPm2({ workspace, dir: stage.dir }, FILE, port),
  };
}

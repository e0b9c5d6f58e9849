// The subjects that Debian ships, each configured as its own manual recommends for production.
import { WORKERS } from "../servers.ts";
import type { Workspace } from "../workspace.ts";
import { findProgram, interpreterOf, type Missing, versionOf } from "./found.ts";
import { Stage } from "./stage.ts";
import { startMain, type Subject } from "./subject.ts";

export async function nginx(workspace: Workspace): Promise<Subject | Missing> {
  const program = findProgram("nginx");
  if (program === undefined) return { missing: "nginx", install: "apt-get install nginx" };
  const stage = await Stage.create(workspace.dir, "nginx", ["nginx.conf"]);
  const command = [program, "-p", stage.dir, "-c", stage.path("nginx.conf"), "-e", "stderr"];
  return {
    name: "nginx",
    version: `nginx ${versionOf([program, "-v"])}`,
    write: (port, version) => stage.write(port, version),
    start: async () => startMain({ command, cwd: stage.dir, signal: "SIGHUP" }),
  };
}

export async function haproxy(workspace: Workspace): Promise<Subject | Missing> {
  const program = findProgram("haproxy");
  if (program === undefined) return { missing: "haproxy", install: "apt-get install haproxy" };
  const stage = await Stage.create(workspace.dir, "haproxy", ["haproxy.cfg"]);
  const command = [program, "-W", "-f", stage.path("haproxy.cfg")];
  return {
    name: "HAProxy",
    version: `HAProxy ${versionOf([program, "-v"])}`,
    write: (port, version) => stage.write(port, version),
    start: async () => startMain({ command, cwd: stage.dir, signal: "SIGUSR2" }),
  };
}

/** A phased restart: one worker after the other. */
export async function puma(workspace: Workspace): Promise<Subject | Missing> {
  const program = findProgram("puma");
  if (program === undefined) return { missing: "puma", install: "apt-get install puma" };
  const stage = await Stage.create(workspace.dir, "puma", ["puma.rb", "answer.ru"]);
  const ruby = versionOf([...interpreterOf(program), "--version"]);
  return {
    name: "puma",
    version: `puma ${versionOf([program, "--version"])}, Ruby ${ruby}`,
    write: (port, version) => stage.write(port, version),
    start: async () => {
      const command = [program, "-C", stage.path("puma.rb")];
      const ready = { text: "booted in", times: WORKERS };
      return startMain({ command, cwd: stage.dir, signal: "SIGUSR1", ready });
    },
  };
}

const GUNICORN: Missing = {
  missing: "gunicorn with uvicorn's workers",
  install: "apt-get install gunicorn python3-uvicorn python3-uvloop python3-httptools",
};
const UVICORN = "import uvicorn, uvicorn.workers, uvloop, httptools; print(uvicorn.__version__)";

export async function gunicorn(workspace: Workspace): Promise<Subject | Missing> {
  const program = findProgram("gunicorn");
  if (program === undefined) return GUNICORN;
  const python = interpreterOf(program);
  const uvicorn = versionOf([...python, "-c", UVICORN]);
  if (uvicorn === undefined) return GUNICORN;
  const stage = await Stage.create(workspace.dir, "gunicorn", ["answer.py"]);
  const flags = ["-k", "uvicorn.workers.UvicornWorker", "-w", `${WORKERS}`, "--chdir", stage.dir];
  const versions = [
    `gunicorn ${versionOf([program, "--version"])}`,
    `uvicorn ${uvicorn}`,
    `Python ${versionOf([...python, "--version"])}`,
  ];
  return {
    name: "gunicorn",
    version: versions.join(", "),
    write: (port, version) => stage.write(port, version),
    start: async (port) =>
      startMain({
        command: [program, ...flags, "-b", `127.0.0.1:${port}`, "answer:app"],
        cwd: stage.dir,
        // Two versions of one length in one second are the same to Python's cache of modules.
        env: { PYTHONDONTWRITEBYTECODE: "1" },
        signal: "SIGHUP",
        ready: { text: "Application startup complete", times: WORKERS },
      }),
  };
}

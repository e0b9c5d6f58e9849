// `pounce init`: starting points for an app and for what runs it.
import { showValue } from "../../config/schema/setting.ts";
import { absolutePath, logicalCwd } from "../../os/paths.ts";
import { INIT_FILES, INIT_KINDS, initKind } from "../init/kinds.ts";
import { EXIT_CODE, SIGNAL_EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand, type Outcome } from "../define.ts";
import type { ChosenApp } from "../init/at-terminal.ts";
import { usage } from "../failure.ts";
import { printLater } from "../print.ts";
import { report } from "../report.ts";

export const initCommand = defineCommand({
  meta: {
    name: "init",
    description: "write a starting point for an app or what runs it",
    help: [
      "Writes a commented starting point; without KIND, an app with its configuration.",
      "At a terminal it asks. An app that is there already is used, and never replaced;",
      "a unit for systemd or supervisord is made for the pounce.toml in this folder. It",
      "replaces other files only with --force, and writes all files or none.",
      "With --from-pm2 it writes pounce.toml from PM2's file: pounce.NAME.toml for each",
      "app if there are several. What pounce has nothing for is a comment in it.",
    ],
    notes: [
      ...INIT_KINDS.map((kind) => `  ${kind.padEnd(10)}  ${INIT_FILES[kind].join(", ")}`),
      "",
    ],
    examples: [
      "pounce init --yes && pounce",
      "pounce init systemd --socket --dir deploy",
      "pounce init --from-pm2 ecosystem.config.js --env production",
    ],
  },
  args: {
    kind: {
      type: "positional",
      valueHint: "KIND",
      expected: INIT_KINDS.join(", "),
      options: INIT_KINDS,
      required: false,
    },
    dir: {
      type: "string",
      valueHint: "PATH",
      expected: "a path",
      description: "folder to write to; created if missing",
      default: ".",
    },
    "from-pm2": {
      type: "string",
      valueHint: "FILE",
      expected: "PM2's file",
      description: "PM2's file: .js, .cjs, .mjs, .ts, .json or .yml",
    },
    only: {
      type: "string",
      valueHint: "NAME",
      expected: "the name of an app",
      description: "with --from-pm2: these apps alone",
      isList: true,
    },
    env: {
      type: "string",
      valueHint: "NAME",
      expected: "a name",
      description: "with --from-pm2: env_NAME over env",
    },
    socket: { type: "boolean", description: "with systemd: systemd has the listening sockets" },
    yes: { type: "boolean", alias: "y", description: "do not ask; without KIND, an app" },
    force: { type: "boolean", description: "replace existing files" },
  },
  async run({ args }) {
    if (args.dir === "") return usage('--dir: expected a path, got ""');
    const { "from-pm2": pm2File, only, env } = args;
    const cwd = logicalCwd(process.env["PWD"]);
    const folder = absolutePath(cwd, args.dir);
    if (pm2File !== undefined) {
      if (args.kind !== undefined) return usage(`--from-pm2: writes no ${args.kind}: leave it out`);
      return initFromPm2({ file: pm2File, folder, only, env, force: args.force === true });
    }
    if (only !== undefined) return usage("--only: it needs --from-pm2");
    if (env !== undefined) return usage("--env: it needs --from-pm2");
    const hasSocket = args.socket === true;
    if (hasSocket && args.kind !== "systemd") return usage("--socket: it is for systemd alone");
    const terminal = await terminalOf();
    const asks = terminal !== undefined && args.kind === undefined && !args.yes;
    const kind = asks ? await terminal.askKind() : initKind(args.kind);
    if (kind === undefined) return SIGNAL_EXIT_CODE.SIGINT;
    const chosen = kind === "app" ? await appIn(folder, asks ? terminal : undefined) : NEW_APP;
    if (chosen === undefined) return SIGNAL_EXIT_CODE.SIGINT;
    if ("problem" in chosen) return { code: "failed", message: chosen.problem };
    const { app } = chosen;
    const [{ startingPoint }, { lookAround }, { writeFiles }, { shellWord }] = await Promise.all([
      import("../init/starting-points.ts"),
      import("../init/look-around.ts"),
      import("../init/write-files.ts"),
      import("../init/shell-word.ts"),
    ]);
    const { files, next } = startingPoint(kind, { ...lookAround(folder, cwd, app), hasSocket });
    const written = writeFiles(folder, files, args.force === true);
    if (!written.ok) return { code: "failed", message: written.error };
    for (const path of written.paths) report.log(`wrote ${path}`);
    if (app !== undefined) report.log(`the app is ${app.module}, which is there already`);
    const steps = kind === "app" && folder !== cwd ? [`cd ${shellWord(args.dir)}`, ...next] : next;
    if (terminal === undefined) report.log(`next: ${steps.join("\n      ")}`);
    else printLater(`${terminal.boxed(steps.join("\n"))}\n`);
    return EXIT_CODE.ok;
  },
});

const NEW_APP: ChosenApp = { app: undefined };

type Terminal = typeof import("../init/at-terminal.ts");

/**
 * The app that the folder has already, or a new one. Undefined: nobody wants to choose.
 * @param asks where to ask which one; undefined: nobody is asked
 */
async function appIn(folder: string, asks: Terminal | undefined): Promise<Found | undefined> {
  const { foundApps, startScript } = await import("../found-apps.ts");
  const found = foundApps(folder);
  const start = found.length === 0 ? startScript(folder) : undefined;
  if (start !== undefined) return { problem: notFound(start) };
  if (found.length === 0) return NEW_APP;
  return asks === undefined ? { app: found[0] } : asks.askApp(found);
}

type Found = ChosenApp | { readonly problem: string };

function notFound(start: string): string {
  return (
    `package.json starts ${showValue(start)}, which was not found here: install its packages ` +
    "first, or write pounce.toml yourself (pounce help programs); " +
    "--dir FOLDER puts a new app elsewhere"
  );
}

/** Undefined: there is nobody to ask. */
async function terminalOf() {
  // Some that programs make have no size: a question would be one character wide.
  const isThere = process.stdin.isTTY && process.stdout.isTTY && process.stdout.columns > 0;
  return isThere ? import("../init/at-terminal.ts") : undefined;
}

interface FromPm2 {
  readonly file: string;
  /** To write to, absolute. */
  readonly folder: string;
  readonly only: string | undefined;
  readonly env: string | undefined;
  readonly force: boolean;
}

async function initFromPm2({ file, folder, only, env, force }: FromPm2): Promise<Outcome> {
  if (file === "") return usage('--from-pm2: expected PM2\'s file, got ""');
  const [{ fromPm2, nextSteps }, { writeFiles }] = await Promise.all([
    import("../init/pm2/from-pm2.ts"),
    import("../init/write-files.ts"),
  ]);
  const cwd = logicalCwd(process.env["PWD"]);
  const names = only?.split(",").map((name) => name.trim());
  const found = await fromPm2({ file, cwd, output: folder, environment: env, only: names });
  if (!found.ok) return { code: "failed", message: found.error };
  const written = writeFiles(folder, found.files, force);
  if (!written.ok) return { code: "failed", message: written.error };
  for (const [index, path] of written.paths.entries()) {
    report.log(`wrote ${path}`);
    for (const line of found.files[index]?.told ?? []) report.log(line);
  }
  for (const part of found.leftOut) report.log(`not taken: ${part} of ${file}`);
  for (const line of nextSteps(written.paths[0] ?? folder, cwd)) report.log(line);
  return EXIT_CODE.ok;
}

// Loads the user's app. Only workers do this; the master never loads user code.
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ownUser } from "../../os/own-user.ts";
import { closedFolder, isUnlisted, relativeModule } from "../../os/paths.ts";
import { embeddedApp } from "../../embedded-app.ts";
import type { AppSource } from "../../ipc/messages.ts";
import type { TcpAddress } from "../../net/address.ts";
import type { OpenPort } from "../../net/listeners.ts";
import { AppError } from "./app-error.ts";
import type { App } from "./app.ts";
import { Capture } from "../program/capture.ts";
import { shapeApp } from "./app-shape.ts";
import type { Found } from "./evaluate.ts";
import { findApp } from "./find-app.ts";
import { poseAsBun } from "./as-bun.ts";
import { Surroundings } from "../program/surroundings.ts";
import { portInUse, refuseOwnPorts } from "./own-ports.ts";

interface Loading {
  /** The ports that this process listens on: none before the app is loaded. */
  readonly openPorts: () => OpenPort[];
  /** Where pounce will listen. */
  readonly addresses: readonly TcpAddress[];
  /** Whether pounce serves over TLS. */
  readonly isSecure: boolean;
  /** Until when a program may start a server, as `performance.now()` gives it. */
  readonly untilMs: number;
  /** What pounce serves is not what the program is for, in words. */
  readonly onWrong: (words: string) => void;
}

/** Loads the app. Throws `AppError`, or whatever the app's own code throws. */
export async function loadApp(source: AppSource, loading: Loading): Promise<App> {
  const { label } = source;
  if (label === undefined) {
    const { demo } = await import("./demo.ts");
    return shapeApp({ target: demo, module: {}, label: "the built-in demo", file: "" });
  }
  const { openPorts, addresses, isSecure, untilMs, onWrong } = loading;
  const found = await (source.isEmbedded ? embedded(source, label) : fromFile(source, label));
  const own = new Surroundings(found.file, addresses);
  const capture = new Capture(addresses, isSecure);
  try {
    const { listeners } = own;
    const whyNoServer = (): string => own.whyNoServer;
    const isElsewhere = source.isElsewhere === true;
    const known = { found, capture, addresses, listeners, isElsewhere };
    const finding = { ...known, untilMs, whyNoServer, onWrong };
    const app = await findApp(finding);
    listeners.end();
    refuseOwnPorts(found.label, addresses, listeners.open);
    return { ...app, notes: [...app.notes, ...own.notes(found.label, openPorts())] };
  } catch (error) {
    throw portInUse(error, found.label, addresses) ?? error;
  }
}

async function fromFile(source: AppSource, label: string): Promise<Found> {
  const { exportName, call, args } = source;
  const file = resolveApp(source);
  await supplyPackages(file);
  poseAsBun(file, args);
  return { label, exportName, call, file, load: () => import(file) };
}

/**
 * The app that is inside the executable now, which may not be the one that the master was started
 * from.
 */
async function embedded({ args }: AppSource, label: string): Promise<Found> {
  const found = embeddedApp();
  if (found === undefined) {
    throw new AppError(`app ${label}: the executable has been replaced by one without an app`);
  }
  const { registerBuiltIns } = await import("../../built-in/register.ts");
  registerBuiltIns();
  poseAsBun(join(dirname(Bun.main), found.main), args);
  return { ...found, file: "" };
}

/** Gives an app without a Hono of its own the built-in one. */
async function supplyPackages(file: string): Promise<void> {
  try {
    Bun.resolveSync("hono", dirname(file));
  } catch {
    const { registerBuiltIns } = await import("../../built-in/register.ts");
    registerBuiltIns();
  }
}

function resolveApp({ module, base, file, label }: AppSource): string {
  if (file !== undefined && existsSync(file)) return file;
  const relative = relativeModule(module);
  try {
    return realpathSync(Bun.resolveSync(relative, base));
  } catch {
    const folder = resolve(base, dirname(relative));
    const closed = closedFolder(folder);
    const remedy = "chmod or chown it";
    if (closed !== undefined) {
      throw new AppError(`app ${label}: ${ownUser()} may not enter ${closed}: ${remedy}`);
    }
    if (!isUnlisted(folder)) throw new AppError(`app ${label}: no such module in ${base}`);
    const what = `${ownUser()} may enter ${folder}, but not list it, as Bun must`;
    throw new AppError(`app ${label}: ${what}: ${remedy}`);
  }
}

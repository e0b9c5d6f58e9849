// Where an app's Hono comes from: its own packages, or pounce.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { embeddedApp } from "../embedded-app.ts";
import { fine, type Finding } from "./finding.ts";

/** Defined by scripts/build.ts; missing when the sources run as they are. */
declare const POUNCE_HONO_VERSION: string | undefined;

/** @param file the app's; empty: it is inside this executable */
export function honoFinding(file: string, isDemo: boolean): Finding {
  if (file === "" && !isDemo && embeddedApp() !== undefined) {
    return fine("hono", "the one the app was built with, inside this executable");
  }
  const own = file === "" ? undefined : ownHono(file);
  if (own !== undefined) return fine("hono", own);
  const version = typeof POUNCE_HONO_VERSION === "string" ? `${POUNCE_HONO_VERSION}, ` : "";
  const reason = isDemo ? "" : ", because the app has none of its own";
  return fine("hono", `${version}built into pounce${reason}`);
}

function ownHono(file: string): string | undefined {
  try {
    const found = Bun.resolveSync("hono", dirname(file));
    const folder = packageFolder(found);
    return `${versionIn(folder)}, the app's own, ${folder}`;
  } catch {
    return undefined;
  }
}

function packageFolder(file: string): string {
  const at = file.lastIndexOf("/hono/");
  return at < 0 ? dirname(file) : file.slice(0, at + "/hono".length);
}

function versionIn(folder: string): string {
  try {
    const about: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return String((about as { version?: unknown }).version);
  } catch {
    return "of an unknown version";
  }
}

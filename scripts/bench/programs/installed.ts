// The programs that are compared, in a folder of their own with the packages that they need: pounce
// itself depends on none of them.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../child.ts";
import { benchFile } from "../servers.ts";
import type { Workspace } from "../workspace.ts";

export const PM2_VERSION = "7.0.4";

const PACKAGES = {
  express: "5.3.0",
  fastify: "5.12.8",
  "@nestjs/common": "11.2.10",
  "@nestjs/core": "11.2.10",
  "@nestjs/platform-express": "11.2.10",
  "reflect-metadata": "0.2.2",
  rxjs: "7.8.2",
  pm2: PM2_VERSION,
};

/** Copies the programs into the workspace, installs their packages, and returns the folder. */
export async function installPrograms(workspace: Workspace): Promise<string> {
  const dir = join(workspace.dir, "programs");
  cpSync(benchFile("programs"), dir, { recursive: true });
  await installPackages(dir, PACKAGES);
  return dir;
}

/** Installs packages, each of the version given, into a folder that has none. */
export async function installPackages(
  dir: string,
  packages: Readonly<Record<string, string>>,
): Promise<void> {
  const manifest = { private: true, dependencies: packages };
  await Bun.write(join(dir, "package.json"), JSON.stringify(manifest));
  // With all of our environment: it may say where packages come from.
  const command = [process.execPath, "install", "--no-save"];
  const child = new Child(command, { cwd: dir, env: process.env });
  if ((await child.exited) !== 0) {
    throw new Error(`the packages cannot be installed:\n${child.output}`);
  }
}

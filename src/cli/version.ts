// The version of pounce, of what it runs on, and what it was built from.
import { arch, platform } from "../platform.ts";
import { version } from "../version.ts";

/** Defined by scripts/build.ts; missing when the sources run as they are. */
declare const POUNCE_BUILD_COMMIT: string | undefined;

/** `pounce 0.1.0 (bun 1.4.5, linux-x64, commit 1a2b3c4)`, without a line end. */
export function versionText(): string {
  const commit = typeof POUNCE_BUILD_COMMIT === "string" ? POUNCE_BUILD_COMMIT : "unknown";
  const target = `${platform}-${arch}`;
  return `pounce ${version} (bun ${Bun.version}, ${target}, commit ${commit})`;
}

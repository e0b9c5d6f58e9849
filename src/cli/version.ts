/** The version of pounce and of what it runs on. */
import { version } from "../version.ts";

/** `pounce 0.1.0 (bun 1.4.5, linux-x64)`, without a line end. */
export function versionText(): string {
  return `pounce ${version} (bun ${Bun.version}, ${process.platform}-${process.arch})`;
}

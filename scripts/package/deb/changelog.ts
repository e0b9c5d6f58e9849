// The package's changelog. It has one entry: what has changed is in the releases.
import { version } from "../../../package.json";
import { debianVersion, MAINTAINER } from "./control.ts";

/** In the form of deb-changelog(5). @param seconds when the commit was made, since 1970 */
export function changelog(seconds: number): string {
  const date = new Date(seconds * 1000).toUTCString().replace("GMT", "+0000");
  return [
    `pounce (${debianVersion(version)}) unstable; urgency=medium`,
    "",
    `  * Release ${version}.`,
    "",
    ` -- ${MAINTAINER}  ${date}`,
    "",
  ].join("\n");
}

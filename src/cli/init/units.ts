// Units for the place where a server really is. The templates have the usual place.
import { dirname } from "node:path";
import { type Place, USUAL_PLACE } from "./place.ts";

/** What the hardening of the template would hide from the server. */
const HOMES = /^\/(home|root|run\/user)\//;
const TEMPORARY = /^\/(var\/)?tmp\//;

const USUAL_FOLDER = dirname(USUAL_PLACE.config);
const USUAL_PATHS = new RegExp(
  [USUAL_PLACE.executable, USUAL_PLACE.config, USUAL_FOLDER].map(RegExp.escape).join("|"),
  "g",
);

/**
 * pounce.service for that place.
 * @param others that the server needs, too
 */
export function systemdUnit(
  template: string,
  place: Place,
  others: readonly string[] = [],
): string {
  if (place === USUAL_PLACE) return template;
  const paths = [place.executable, place.config, ...others];
  const folder = dirname(place.config);
  const { owner } = place;
  const changed: Readonly<Record<string, string>> = {
    "DynamicUser=yes": owner === undefined ? "DynamicUser=yes" : `User=${owner}`,
    "ProtectHome=yes": `ProtectHome=${paths.some((it) => HOMES.test(it)) ? "read-only" : "yes"}`,
    "PrivateTmp=yes": `PrivateTmp=${paths.some((it) => TEMPORARY.test(it)) ? "no" : "yes"}`,
    [`WorkingDirectory=${USUAL_FOLDER}`]: `WorkingDirectory=${folder.replaceAll("%", "%%")}`,
  };
  const lines = template.split("\n").map((line) => {
    if (line.startsWith("Exec")) return placed(line, place, systemdWord);
    if (owner !== undefined && line.startsWith("# A user of its own")) {
      return `# Only this user may read ${folder}.`;
    }
    return changed[line] ?? placed(line, place, (path) => path);
  });
  return lines.join("\n");
}

/** The section of supervisord for that place. */
export function supervisorSection(template: string, place: Place): string {
  if (place === USUAL_PLACE) return template;
  const lines = template.split("\n").map((line) => {
    if (line.startsWith("command=")) return placed(line, place, supervisorWord);
    if (line.startsWith("directory=")) {
      return `directory=${dirname(place.config).replaceAll("%", "%%")}`;
    }
    const named = place.owner === undefined ? line : line.replace("www-data", place.owner);
    return placed(named, place, (path) => path);
  });
  return lines.join("\n");
}

/** A line with the paths of that place instead of the usual ones. */
function placed(line: string, place: Place, written: (path: string) => string): string {
  const instead: Readonly<Record<string, string>> = {
    [USUAL_PLACE.executable]: written(place.executable),
    [USUAL_PLACE.config]: written(place.config),
    [USUAL_FOLDER]: dirname(place.config),
  };
  return line.replaceAll(USUAL_PATHS, (path) => instead[path] ?? path);
}

/** A word of a command line: systemd.service(5), "Command lines", and systemd.syntax(7). */
function systemdWord(path: string): string {
  const literal = path.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /[\s"'\\;]/.test(path) ? `"${literal.replaceAll(/["\\]/g, String.raw`\$&`)}"` : literal;
}

/** A word of a command: split as a shell does, after `%` has been expanded. */
function supervisorWord(path: string): string {
  const literal = path.replaceAll("%", "%%");
  return /[\s"'\\;]/.test(path) ? `"${literal.replaceAll(/["\\]/g, String.raw`\$&`)}"` : literal;
}

// The unit of the package: the one that `pounce init systemd` writes, for the package's place and
// user.
import template from "../../../src/cli/init/templates/pounce.service.txt" with { type: "text" };
import { systemdUnit } from "../../../src/cli/init/units.ts";

const PLACE = {
  executable: "/usr/bin/pounce",
  config: "/etc/pounce/pounce.toml",
  owner: "pounce",
};

const HEAD = [
  "# Of the package pounce, replaced by its upgrades: change it with `systemctl edit pounce`.",
  "#   systemctl reload pounce        deploys the configuration and the app as they are now",
];

/** The text of pounce.service. */
export function packagedUnit(): string {
  const lines = systemdUnit(template, PLACE).split("\n");
  const first = lines.indexOf("[Unit]");
  const user = lines.findIndex((line) => line.startsWith("# Only this user may read"));
  if (first < 0 || user < 0) throw new Error("pounce.service.txt has changed: see unit.ts");
  lines[user] = "# Made by the package. It must be able to read the app.";
  lines.splice(first + 2, 0, "Documentation=man:pounce(1)");
  return [...HEAD, ...lines.slice(first)].join("\n");
}

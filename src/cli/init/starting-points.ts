// The starting points that `pounce init` writes: the files of each, and what to do with them.
import { join } from "node:path";
import appText from "./templates/app.ts.txt" with { type: "text" };
import configText from "./templates/pounce.toml.txt" with { type: "text" };
import dockerText from "./templates/Dockerfile.txt" with { type: "text" };
import kubernetesText from "./templates/pounce.yaml.txt" with { type: "text" };
import supervisorText from "./templates/supervisor.conf.txt" with { type: "text" };
import socketText from "./templates/pounce.socket.txt" with { type: "text" };
import systemdText from "./templates/pounce.service.txt" with { type: "text" };
import { schemaText } from "../../config/schema/json-schema.ts";
import type { FoundApp } from "../found-apps.ts";
import { demandedService, demandedSocket } from "./demanded-units.ts";
import { type Demands, stepsFor } from "./demands.ts";
import type { InitKind } from "./kinds.ts";
import { type Place, USUAL_PLACE } from "./place.ts";
import { shellWord } from "./shell-word.ts";
import { withSocket } from "./socket-unit.ts";
import { supervisorSection, systemdUnit } from "./units.ts";

/** A file to be written. */
interface StartingFile {
  /** Its name, without a folder. */
  readonly name: string;
  readonly text: string;
}

interface StartingPoint {
  readonly files: readonly StartingFile[];
  /** What to do next, a step a line. */
  readonly next: readonly string[];
}

/** What is there already. */
export interface Here {
  /** The app that is served; undefined: one is written. */
  readonly app?: FoundApp | undefined;
  /** The port that the app says it listens on. */
  readonly port?: number | undefined;
  /** Whether there is a file `.env`. */
  readonly hasEnvFile?: boolean;
  readonly place?: Place;
  /** What its configuration asks of units; undefined: there is none, or it has errors. */
  readonly demands?: Demands | undefined;
  /** Whether systemd is to have the listening sockets. */
  readonly hasSocket?: boolean;
  /** Where the files go, absolute. */
  readonly folder?: string;
}

const NEW_APP = "./app.ts";

const NEXT_FOR_APP = [
  "pounce dev            serves it, and takes each change over at once",
  "pounce prove          loads and reloads it, and shows that nothing is lost",
  "pounce init systemd   writes what runs it on a server",
];

/** What `pounce init KIND` writes. The schema fits exactly this version of pounce. */
export function startingPoint(kind: InitKind, here: Here = {}): StartingPoint {
  const { app, place = USUAL_PLACE } = here;
  switch (kind) {
    case "app":
      return {
        files: [
          { name: "pounce.toml", text: configFor(here) },
          { name: "pounce.schema.json", text: schemaText() },
          ...(app === undefined ? [{ name: "app.ts", text: appText }] : []),
        ],
        next: NEXT_FOR_APP,
      };
    case "systemd":
      return forSystemd(here);
    case "supervisor":
      return {
        files: [{ name: "pounce.conf", text: supervisorSection(supervisorText, place) }],
        next: [
          ...install("pounce.conf", "/etc/supervisor/conf.d", here),
          "sudo supervisorctl update",
        ],
      };
    case "docker":
      return {
        files: [{ name: "Dockerfile", text: dockerText }],
        next: ["put the executable pounce beside it", "docker build -t pounce-app ."],
      };
    case "kubernetes":
      return {
        files: [{ name: "pounce.yaml", text: kubernetesText }],
        next: ["set its image", "kubectl apply -f pounce.yaml"],
      };
  }
}

function forSystemd(here: Here): StartingPoint {
  const { place = USUAL_PLACE, hasSocket = false, demands } = here;
  const placed = systemdUnit(systemdText, place, demands?.paths);
  const service = demands ? demandedService(placed, place, demands, hasSocket) : placed;
  const socket = demands ? demandedSocket(socketText, demands) : socketText;
  const units = hasSocket
    ? [
        { name: "pounce.service", text: withSocket(service) },
        { name: "pounce.socket", text: socket },
      ]
    : [{ name: "pounce.service", text: service }];
  return {
    files: units,
    next: [
      ...(place === USUAL_PLACE || demands ? [] : ["mend pounce.toml, and write the unit again"]),
      ...(demands ? stepsFor(demands, hasSocket) : []),
      ...new Set(units.flatMap(({ name }) => install(name, "/etc/systemd/system", here))),
      "sudo systemctl daemon-reload",
      `sudo systemctl enable --now ${hasSocket ? "pounce.socket pounce" : "pounce"}`,
    ],
  };
}

/** pounce.toml for the app that is there. */
function configFor({ app, port, hasEnvFile = false }: Here): string {
  const args = app === undefined || app.args.length === 0 ? [] : [valueLine("app_args", app.args)];
  const env = hasEnvFile ? ["\n# Variables for the workers.\n", valueLine("env_file", ".env")] : [];
  return configText
    .replace(valueLine("app", NEW_APP), (line) =>
      [app === undefined ? line : valueLine("app", app.module), ...args, ...env].join(""),
    )
    .replace(valueLine("port", 8000), (line) =>
      port === undefined ? line : valueLine("port", port),
    );
}

/** A line of TOML; JSON's values are TOML's, too. */
function valueLine(key: string, value: unknown): string {
  return `${key} = ${JSON.stringify(value)}\n`;
}

/** What puts a file to where it is read. */
function install(file: string, target: string, { folder, place = USUAL_PLACE }: Here): string[] {
  const paths = place === USUAL_PLACE ? ["set its paths: there is no pounce.toml here"] : [];
  if (place.isPassing) paths.push(`install pounce as ${place.executable}: this one will not stay`);
  return folder === target
    ? paths
    : [...paths, `sudo cp ${shellWord(join(folder ?? "", file))} ${target}/`];
}

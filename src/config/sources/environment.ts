// Reads settings from environment variables: `POUNCE_*`, and `PORT` for the port.
import { COMMAND_VARIABLES } from "../schema/command-variables.ts";
import { LAUNCHER_VARIABLE } from "../../launcher.ts";
import { FLAG_KEYS } from "../schema/keys.ts";
import { suggest } from "./nearest.ts";
import { judge, settingOfText, showName, type Source } from "../schema/setting.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "POUNCE_";

/** Names that pounce itself sets for the processes it starts; they are not settings. */
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  "POUNCE_TAKEOVER",
  LAUNCHER_VARIABLE,
  ...Object.values(COMMAND_VARIABLES),
]);

/**
 * Variables that Kubernetes puts into each container for a Service whose name begins with
 * "pounce", among them `POUNCE_PORT=tcp://10.0.0.1:80`. Nobody wrote them, so they cannot be
 * mistakes.
 */
const SERVICE_LINK =
  /^POUNCE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_PORT = /^POUNCE_(\w+_)?PORT$/;
const SERVICE_LINK_URL = /^(tcp|udp|sctp):\/\//;

/**
 * Reads and judges all variables of pounce. An unknown one is an error.
 *
 * @param cwd the absolute folder that relative paths start from
 */
export function readVariables(env: Environment, cwd: string): Source {
  const errors: string[] = [];
  const settings = [];
  let hasServiceLinks = false;
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || text === undefined || OWN_VARIABLES.has(name)) continue;
    const key = FLAG_KEYS.find(({ variable }) => variable === name);
    if (isServiceLink(name, text)) {
      hasServiceLinks = true;
    } else if (key === undefined) {
      const names = FLAG_KEYS.map(({ variable }) => variable);
      errors.push(`${showName(name)}: unknown variable (${suggest(name, "variable", names)})`);
    } else {
      settings.push(settingOfText({ key, text, place: name, baseFolder: cwd }));
    }
  }
  const judged = judge(settings);
  return {
    settings: judged.settings,
    errors: [...errors, ...judged.errors],
    warnings: hasServiceLinks ? [SERVICE_LINK_WARNING] : [],
  };
}

const SERVICE_LINK_WARNING =
  "POUNCE_* variables of a Kubernetes Service are ignored; enableServiceLinks: false avoids them";

function isServiceLink(name: string, text: string): boolean {
  const isUrl = SERVICE_LINK_URL.test(text);
  return SERVICE_LINK.test(name) || (isUrl && SERVICE_LINK_PORT.test(name));
}

/**
 * Reads and judges `PORT`, which platforms set to say where an app must listen. If it is empty, it
 * counts as absent, as elsewhere.
 */
export function readPort(env: Environment, cwd: string): Source {
  const key = FLAG_KEYS.find(({ name }) => name === "port");
  const text = env.PORT;
  if (key === undefined || text === undefined || text === "") return judge([]);
  return judge([settingOfText({ key, text, place: "PORT", baseFolder: cwd })]);
}

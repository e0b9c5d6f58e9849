// The configuration that is in effect, key by key, and where each value comes from.
import { withoutSecrets } from "../net/redis-url.ts";
import type { Config } from "./config.ts";
import { type Key, KEYS } from "./schema/keys.ts";
import type { Setting } from "./schema/setting.ts";

export interface Explained {
  readonly key: string;
  /** As a file would have it; null: it is not set. */
  readonly value: unknown;
  /** `pounce.toml:3:1`, `--port`, `POUNCE_PORT`, `PORT`, `APP` or `default`. */
  readonly source: string;
}

/** Replaces the value of a variable, which may be a secret. */
const MASKED = "***";

/** @param settings the settings in effect, by the name of their key */
export function explain(settings: ReadonlyMap<string, Setting>, config: Config): Explained[] {
  return KEYS.flatMap((key) => {
    const setting = settings.get(key.name);
    const source = sourceOf(setting);
    if (key.isTable === true) {
      const names = Object.keys((setting?.value ?? {}) as object);
      return names.map((name) => ({ key: `${key.name}.${name}`, value: MASKED, source }));
    }
    return [{ key: key.name, value: valueOf(key, setting, config), source }];
  });
}

function valueOf(key: Key, setting: Setting | undefined, config: Config): unknown {
  const effective = EFFECTIVE[key.name];
  const found = effective === undefined ? undefined : effective(config);
  return found ?? setting?.value ?? key.defaultValue ?? null;
}

/** Values that pounce works out from what was written: paths become absolute, `auto` a number. */
const EFFECTIVE: Readonly<Record<string, (config: Config) => unknown>> = {
  workers: ({ workers }) => workers,
  working_directory: ({ workingDirectory }) => workingDirectory,
  pid_file: ({ pidFile }) => pidFile,
  control_socket: ({ controlSocket }) => controlSocket,
  "log.file": ({ log }) => log.file,
  "log.access": ({ accessLog }) => accessLog?.file,
  "websocket.publish": ({ websocket }) =>
    websocket.publish === undefined ? undefined : withoutSecrets(websocket.publish),
};

/** The place of a value, without the key, which is printed before it. */
function sourceOf(setting: Setting | undefined): string {
  return setting?.place.replace(/ [^ ]*$/, "") ?? "default";
}

/** The same as lines of TOML. */
export function explainedText(all: readonly Explained[]): string {
  const lines = all.map(({ key, value, source }) => ({
    text: value === null ? `# ${key} is not set` : `${key} = ${tomlOf(value)}`,
    source: value === null ? "" : `  # ${source}`,
  }));
  const width = Math.min(48, Math.max(...lines.map(({ text }) => text.length)));
  return lines.map(({ text, source }) => `${text.padEnd(width)}${source}`.trimEnd()).join("\n");
}

/** JSON is valid TOML for texts, numbers, booleans and lists of them. */
function tomlOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(tomlOf).join(", ")}]` : JSON.stringify(value);
}

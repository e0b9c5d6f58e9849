// The apps in what PM2's file holds, whatever form it has.
import type { RawApp } from "./keys.ts";

/** An app and the name that PM2 has for it. */
export interface ListedApp {
  readonly name: string;
  readonly raw: RawApp;
}

interface Listed {
  readonly apps: readonly ListedApp[];
  /** Further parts of the file, for which pounce has nothing. */
  readonly leftOut: readonly string[];
}

/** As PM2 does it: `apps`, else `pm2`, else the whole; a list or one app. */
export function listApps(value: unknown): Listed | { readonly error: string } {
  if (typeof value !== "object" || value === null) return { error: NO_APPS };
  const file = value as Readonly<Record<string, unknown>>;
  const found = file["apps"] ?? file["pm2"] ?? (Array.isArray(value) ? value : undefined);
  const isOneApp = found === undefined && (isText(file["script"]) || isText(file["exec"]));
  const list: readonly unknown[] = isOneApp ? [file] : [found ?? []].flat();
  if (list.length === 0) return { error: NO_APPS };
  const apps = list.map((raw, index) => ({ raw, name: nameOf(raw, index) }));
  const wrong = apps.find(({ raw }) => typeof raw !== "object" || raw === null);
  if (wrong !== undefined) return { error: `${wrong.name} of its \`apps\` is not an object` };
  const leftOut = isOneApp ? [] : ["deploy", "static"].filter((key) => file[key] !== undefined);
  return { apps: apps as readonly ListedApp[], leftOut };
}

const NO_APPS =
  "it has no apps: PM2's file has a list `apps`, in each of which `script` names a program";

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** Without a name PM2 takes the script's. */
function nameOf(raw: unknown, index: number): string {
  const { name, script } = Object(raw) as { name?: unknown; script?: unknown };
  if (isText(name)) return String(name);
  const file = typeof script === "string" ? script.split("/").at(-1) : undefined;
  return file?.replace(/(.)\.[^.]*$/, "$1") || `number ${index + 1}`;
}

// The keys of the configuration, from the schema.
import { type Key, KEYS } from "../../src/config/schema/keys.ts";
import { item } from "./list.ts";

/** The chapter says once, above the reference, how a duration or a size is written. */
const FORMS = / \((?:seconds|bytes), or a string.*\)$/;

/** All keys, each with its flag, meaning, values and default. */
export function keyReference(): string {
  return KEYS.map(entry).join("\n");
}

function entry(key: Key): string {
  const { name, flag, short, expected, meaning, defaultValue, unset } = key;
  // A table of the user's own names has no flag, and its description is about each of its keys.
  const flags = short === undefined ? `\`--${flag}\`` : `\`--${flag}\`, \`-${short}\``;
  const names = key.isTable === true ? `\`${name}.NAME\`` : `\`${name}\` (${flags})`;
  const fallback = defaultValue === undefined ? unset : `\`${JSON.stringify(defaultValue)}\``;
  const value = expected.replace(FORMS, "");
  return item(names, [meaning, value, ...(fallback === undefined ? [] : [`default: ${fallback}`])]);
}

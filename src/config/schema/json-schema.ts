// The JSON Schema of pounce.toml, for editors and other programs, made from the schema of the
// configuration. What it refuses, pounce refuses too. There are a few exceptions the other way
// round, which only code can judge: the range of a duration written as a string, whether a file
// exists, and what a reference to the environment stands for; any value may be one (see
// references.ts). One is this way round: of a certificate and its key, pounce takes one from the
// file and the other from a flag or a variable, which a schema of the file cannot know.
import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { KeyMetadata } from "./key.ts";
import { keyOf, type TableEntries, tableEntries } from "./keys.ts";
import { REFERENCE_PATTERN } from "./references.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { TOGETHER } from "./together.ts";

/** The schema as an object; draft 2020-12. */
export function configJsonSchema(): JsonSchema {
  const converted = toJsonSchema(CONFIG_SCHEMA, {
    target: "draft-2020-12",
    typeMode: "input",
    ignoreActions: CODE_ACTIONS,
    overrideAction,
  });
  const { $schema, ...rest } = converted;
  return {
    $schema,
    title: "pounce.toml",
    description: "Configuration of pounce, an application server for TypeScript",
    ...withReferences(rest, CONFIG_SCHEMA.entries, ""),
  };
}

/** A text with a reference, in place of another type. */
const REFERENCE: JsonSchema = { type: "string", pattern: REFERENCE_PATTERN };

/** A table whose values, and those of its subtables, may be references, by its name. */
function withReferences(table: JsonSchema, entries: TableEntries, own: string): JsonSchema {
  const properties = Object.entries(table.properties ?? {}).map(([name, node]) => {
    const schema = entries[name];
    const nested = schema && tableEntries(schema);
    const key = schema && keyOf(schema, [name]);
    // Any text may be a value of [env] already.
    if (typeof node !== "object" || key?.isTable === true) return [name, node];
    return [name, nested === undefined ? orReference(node) : withReferences(node, nested, name)];
  });
  const all = Object.fromEntries(properties) as Record<string, JsonSchema>;
  return { ...table, properties: all, ...TOGETHER[own] };
}

/** A value, or an element of a list, that may be a reference. */
function orReference({ description, default: fallback, ...node }: JsonSchema): JsonSchema {
  const ways = (node.anyOf ?? [node]).map(withElements);
  const notes = description === undefined ? {} : { description };
  const absent = fallback === undefined ? {} : { default: fallback };
  return { ...notes, anyOf: [...ways, REFERENCE], ...absent };
}

/** Checks that are code; `inJsonSchema` says as much of them as a schema can. */
const CODE_ACTIONS = ["check", "raw_check", "starts_with"];

type Override = NonNullable<ConversionConfig["overrideAction"]>;

const overrideAction: Override = ({ valibotAction, jsonSchema }) => {
  const { type, requirement, metadata } = valibotAction as Partial<AnyAction>;
  if (type === "excludes" && requirement === "\0") {
    return { ...jsonSchema, pattern: "^[^\\u0000]*$" };
  }
  return type === "metadata" && metadata?.expected !== undefined
    ? withoutNotes(jsonSchema, metadata)
    : undefined;
};

/** An action of valibot, with fields that some actions have. */
interface AnyAction {
  readonly type: string;
  readonly requirement: unknown;
  readonly metadata: Partial<KeyMetadata>;
}

/** A key's own notes are for errors and the help; editors get what the errors call "expected". */
function withoutNotes(jsonSchema: JsonSchema, metadata: Partial<KeyMetadata>): JsonSchema {
  const keywords = Object.entries(jsonSchema).filter(([name]) => !Object.hasOwn(metadata, name));
  const description = `${jsonSchema.description}\nExpected: ${metadata.expected}`;
  return { ...Object.fromEntries(keywords), description };
}

/** A list whose elements may be references; anything else as it is. */
function withElements(node: JsonSchema | boolean): JsonSchema | boolean {
  if (typeof node !== "object" || typeof node.items !== "object" || Array.isArray(node.items)) {
    return node;
  }
  return { ...node, items: { anyOf: [node.items, REFERENCE] } };
}

export function schemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

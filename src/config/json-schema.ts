/**
 * The JSON Schema of pounce.toml, made from the schema of the configuration, for editors and other
 * programs. What it refuses, pounce refuses too. The other way round there are a few exceptions,
 * which only code can judge: the range of a duration that is a string, and what must exist.
 */
import { type ConversionConfig, type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type { KeyMetadata } from "./key.ts";
import { CONFIG_SCHEMA } from "./schema.ts";

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
    ...rest,
  };
}

/** Checks that are code; `inJsonSchema` says beside them what can be said. */
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

/** An action of valibot, with what some of them have. */
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

/** The schema as the text of a file. */
export function schemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

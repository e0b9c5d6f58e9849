// The types of `[env]` and `env_file`, which make up the workers' environment.
import * as v from "valibot";
import { inJsonSchema } from "./json-hints.ts";
import { RESERVED_VARIABLES } from "./reserved-variables.ts";
import { listOf, Text, type ValueType } from "./value-types.ts";

/** The name of one variable for the workers. */
export function variableName() {
  const schema = v.pipe(Text, variableNameCheck(), inJsonSchema({ pattern: NAME_PATTERN }));
  return {
    schema,
    expected: 'the name of a variable such as "NODE_APP_INSTANCE"',
    placeholder: "NAME",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

const NAME_PATTERN = `^(?!(?:${RESERVED_VARIABLES.join("|")})$)[^=\\u0000]+$`;

function variableNameCheck() {
  return v.rawCheck<string>(({ dataset, addIssue }) => {
    const problem = dataset.typed ? nameProblem(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  });
}

/** The table `[env]`: names of the user's own, each with one value; they become texts. */
export function variableTable() {
  const name = v.pipe(v.string(), variableNameCheck(), inJsonSchema({ pattern: NAME_PATTERN }));
  // For the kernel a NUL ends a text, so it cannot be part of one.
  const text = v.pipe(v.string(), v.excludes("\0"));
  const value = v.union([text, v.number(), v.boolean()]);
  const schema = v.pipe(v.record(name, value), v.transform(textsOf));
  return {
    schema,
    expected: "a string, a number or a boolean",
    placeholder: "VALUE",
    fromText: String,
    isTable: true,
  } satisfies ValueType<typeof schema>;
}

function nameProblem(name: string): string | undefined {
  if (name === "" || /[=\0]/.test(name)) {
    return 'no variable can have that name: it is empty, or has a "="';
  }
  return RESERVED_VARIABLES.includes(name) ? "this variable is never given to workers" : undefined;
}

function textsOf(
  table: Readonly<Record<string, string | number | boolean>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, String(value)]));
}

/** One path or several; they become a list. */
export function pathList() {
  return listOf(Text, { expected: "a path, or a list of paths", placeholder: "PATH" });
}

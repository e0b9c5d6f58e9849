// Makes an entry of the schema: a key with its type, its default and its description.
import * as v from "valibot";
import type { ValueType } from "./value-types.ts";

/** What a key says about itself. */
interface KeyNotes {
  /** One sentence without its full stop, for people. */
  readonly meaning: string;
  /** The flag of one letter. */
  readonly short?: string;
  /** What applies when the key is absent and has no default value. */
  readonly unset?: string;
}

/** All that is noted with a key: what it says and its type's own description. */
export type KeyMetadata = Omit<ValueType<v.GenericSchema>, "schema"> & Omit<KeyNotes, "meaning">;

/** An entry of the schema; its value may be absent when `defaultValue` is undefined. */
export function key<
  S extends v.GenericSchema,
  const D extends v.InferInput<S> | undefined = undefined,
>(type: ValueType<S>, notes: KeyNotes & { readonly defaultValue?: D }) {
  const { schema, ...ofType } = type;
  const { meaning, defaultValue, ...ofKey } = notes;
  return v.pipe(
    v.optional(schema, defaultValue as D),
    v.description(meaning),
    v.metadata({ ...ofType, ...ofKey } satisfies KeyMetadata),
  );
}

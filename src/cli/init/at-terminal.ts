// What `pounce init` does at a terminal: it asks what to write, and puts what comes next into a
// box. Only consola as a whole can do that, which nothing else loads.
import { createConsola } from "consola";
import { box } from "consola/utils";
import { INIT_FILES, INIT_KINDS, initKind, type InitKind } from "./kinds.ts";

/**
 * The kind that is chosen; undefined: none. The folder is not asked for: under Bun 1.4.5 consola
 * can have something chosen, and reads no text.
 */
export async function askKind(): Promise<InitKind | undefined> {
  const kind: unknown = await createConsola().prompt("What do you want to start with?", {
    type: "select",
    options: INIT_KINDS.map((value) => ({
      value,
      label: value,
      hint: INIT_FILES[value].join(", "),
    })),
    cancel: "null",
  });
  return kind === null ? undefined : initKind(String(kind));
}

export function boxed(next: string): string {
  return box(next, { title: "next" });
}

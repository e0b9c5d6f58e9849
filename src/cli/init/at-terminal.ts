// What `pounce init` does at a terminal: it asks what to write, and shows the next step in a box.
// This needs all of consola, which nothing else loads.
import { createConsola } from "consola";
import { box } from "consola/utils";
import { INIT_FILES, INIT_KINDS, initKind, type InitKind } from "./kinds.ts";

/** Modules begin with "./". */
const NEW = "new";
const NEW_FILE = "./app.ts";

/**
 * The chosen kind; undefined: none. It does not ask for the folder: under Bun 1.4.5 consola can
 * offer a choice, but cannot read text.
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

/**
 * Which of the modules is the app; without a module, a new one. Undefined: nobody wants to choose.
 * @param found modules that are there, the likeliest first
 */
export async function askApp(
  found: readonly string[],
): Promise<{ module: string | undefined } | undefined> {
  const choice: unknown = await createConsola().prompt("Which app do you want to serve?", {
    type: "select",
    options: [
      ...found.map((value) => ({ value, label: value })),
      ...(found.includes(NEW_FILE) ? [] : [{ value: NEW, label: "a new one", hint: NEW_FILE }]),
    ],
    cancel: "null",
  });
  if (choice === null) return undefined;
  return { module: choice === NEW ? undefined : String(choice) };
}

export function boxed(next: string): string {
  return box(next, { title: "next" });
}

// What `pounce init` does at a terminal: it asks what to write, and shows the next step in a box.
// This needs all of consola, which nothing else loads.
import { createConsola } from "consola";
import { box } from "consola/utils";
import type { FoundApp } from "../found-apps.ts";
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

/** The app to serve: one that is there, or a new one. */
export interface ChosenApp {
  readonly app: FoundApp | undefined;
}

/**
 * Which of the apps is to be served. Undefined: nobody wants to choose.
 * @param found apps that are there, the likeliest first
 */
export async function askApp(found: readonly FoundApp[]): Promise<ChosenApp | undefined> {
  const hasNew = found.every(({ module }) => module !== NEW_FILE);
  const choice: unknown = await createConsola().prompt("Which app do you want to serve?", {
    type: "select",
    options: [
      ...found.map(({ module, args }) => ({ value: module, label: [module, ...args].join(" ") })),
      ...(hasNew ? [{ value: NEW, label: "a new one", hint: NEW_FILE }] : []),
    ],
    cancel: "null",
  });
  if (choice === null) return undefined;
  return { app: found.find(({ module }) => module === choice) };
}

export function boxed(next: string): string {
  return box(next, { title: "next" });
}

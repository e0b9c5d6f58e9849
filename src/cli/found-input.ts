// The app of the working directory, where neither a file nor an app is named: whoever develops in a
// folder means what is in it.
import type { LoadInput } from "../config/load.ts";
import { foundApps } from "./found-apps.ts";

interface FoundInput {
  readonly input: LoadInput;
  /** What is served, as nothing was named; undefined: something was. */
  readonly note: string | undefined;
}

export function withFoundApp(input: LoadInput): FoundInput {
  const { flags, positionalApp, env, cwd } = input;
  const isNamed =
    "config" in flags || "app" in flags || positionalApp !== undefined || "POUNCE_APP" in env;
  if (isNamed) return { input, note: undefined };
  const [app] = foundApps(cwd);
  if (app === undefined) {
    return {
      input,
      note: "no app is named, and none was found here: the built-in demo is served",
    };
  }
  const { module, args } = app;
  return {
    input: { appArgs: args, ...input, positionalApp: module },
    note: `no app is named: ${[module, ...args].join(" ")} is served, which was found here`,
  };
}

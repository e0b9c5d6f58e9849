// The configuration file names no app. That is most likely a mistake: a key was forgotten.
import { embeddedApp } from "../../embedded-app.ts";

/**
 * The warning where nothing names an app; `undefined`: none.
 * @param given the configuration file as the user gave it; undefined: there is none
 */
export function noAppWarning(given: string | undefined): string | undefined {
  if (given === undefined || embeddedApp() !== undefined) return undefined;
  return (
    `${given} has no key \`app\`, so the built-in demo is served: name your app or server ` +
    'program there, as in app = "./server.ts"'
  );
}

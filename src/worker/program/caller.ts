// Which file called a function: what a program finds in its process may depend on who asks.
import { withStackSettings } from "./stack-settings.ts";

/** Frames to look at: between a file and a getter there are at most a few of helpers. */
const FRAMES = 10;
/** Packages that read for the file that calls them: what compilers put in place of an import. */
const HELPERS = /(?:^|\/)node_modules\/(?:tslib|@swc\/helpers|@babel\/runtime)\//;

/** What Bun says of a function that is not written in JavaScript, such as `map`. */
const NO_FILE = /^(?:\[.*\]|native|)$/;

interface Frame {
  getFileName(): string | null | undefined;
}

/**
 * The file that called `callee`: its path (in an executable of `pounce build`, where it was when
 * that was built, in short), or `node:…` for a module of Bun's own. `undefined`:
 * no code has called it, as when Bun makes the exports of such a module.
 * @param callee must do something after this call: a last call takes the place of its caller
 */
export function callerOf(callee: (...args: never[]) => unknown): string | undefined {
  return framesBelow(callee)
    .map((frame) => frame.getFileName() ?? "")
    .find((file) => !NO_FILE.test(file) && !HELPERS.test(file));
}

function framesBelow(callee: (...args: never[]) => unknown): readonly Frame[] {
  const holder: { stack?: unknown } = {};
  return withStackSettings({ limit: FRAMES, prepare: (_, frames) => frames }, () => {
    Error.captureStackTrace(holder, callee);
    return Array.isArray(holder.stack) ? (holder.stack as Frame[]) : [];
  });
}

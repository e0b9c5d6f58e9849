// Errors that Hono itself answers. Unless an app calls `onError`, Hono prints what a handler throws
// and answers 500, and nobody knows which request it was. Such an app gets a handler that answers
// the same, and reports the error like that of any other app.
//
// If an app watches `console.error`, as error-collecting services do, it still gets the errors
// there.
import type { TellError } from "./app.ts";
import { watchesPrints } from "./hono-prints.ts";

interface HonoContext {
  readonly req: { readonly raw: Request };
  text(text: string, status: number): Response;
}

type ErrorHandler = (error: unknown, context: HonoContext) => unknown;

interface HonoApp {
  readonly errorHandler: ErrorHandler;
  onError(handler: ErrorHandler): unknown;
}

/** Hono's own handler, which Hono does not export; minified in the built-in version. */
const OWN_HANDLER =
  /^\((\w+),\s*(\w+)\)\s*=>\s*\{\s*if\s*\("getResponse"\s*in\s*\1\).*console\.error\(\1\).*"Internal Server Error"/s;

/**
 * Makes an app report such errors; `undefined` if it is not a Hono app, or handles its errors
 * itself.
 */
export function honoErrors(target: object): ((tell: TellError) => void) | undefined {
  if (!isHono(target) || !OWN_HANDLER.test(String(target.errorHandler))) return undefined;
  const own = target.errorHandler;
  return (tell) => {
    target.onError((error, context) => {
      const isResponse = typeof error === "object" && error !== null && "getResponse" in error;
      if (isResponse || watchesPrints()) return own(error, context);
      return tell(error, context.req.raw) ?? context.text("Internal Server Error", 500);
    });
  };
}

function isHono(target: object): target is HonoApp {
  // A proxy that answers for any name does not pass this.
  return (
    Object.hasOwn(target, "errorHandler") &&
    typeof Reflect.get(target, "errorHandler") === "function" &&
    typeof Reflect.get(target, "onError") === "function"
  );
}

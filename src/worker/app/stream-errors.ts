// Errors in the streams that an app makes. If one fails after the head has been sent, Bun cuts the
// connection, and reports the error in its own way or not at all.
//
// So for each `ReadableStream` made from here on, the functions of its source are watched. A stream
// that was cancelled, because its client has gone for example, may fail in any way: that is not an
// error.

import { nextTurn } from "../../os/next-turn.ts";

type Source = UnderlyingDefaultSource & { readonly type?: unknown };

/**
 * Passes each error that the app's part of a stream throws to `tell`. Call it before the app is
 * loaded.
 */
export function watchStreams(tell: (error: unknown) => void): void {
  globalThis.ReadableStream = new Proxy(ReadableStream, {
    construct(target, [source, ...rest]: [unknown, ...unknown[]], newTarget) {
      const watched = isDefaultSource(source) ? watchedSource(source, tell) : source;
      return Reflect.construct(target, [watched, ...rest], newTarget) as object;
    },
  });
}

/** Bun's own "direct" streams have no controller that could report an error. */
function isDefaultSource(source: unknown): source is Source {
  return typeof source === "object" && source !== null && Reflect.get(source, "type") === undefined;
}

function watchedSource(source: Source, tell: (error: unknown) => void): Source {
  let isCancelled = false;
  const { start, pull, cancel } = source;
  // If a stream fails before it is sent, Bun itself reports that, bypassing the log; so it fails a
  // turn later.
  const failed = async (error: unknown): Promise<never> => {
    if (!isCancelled) tell(error);
    await nextTurn();
    throw error;
  };
  const settled = (result: unknown): void | Promise<void> =>
    result instanceof Promise ? result.catch(failed) : undefined;
  // In here Bun may not have started to send it. What fails through the controller of a start is
  // reported by Bun; in a pull it fails a turn later, too.
  let busy: "start" | "pull" | undefined;
  let isFailing = false;
  const during = (what: "start" | "pull", call: () => unknown): unknown => {
    busy = what;
    try {
      return call();
    } finally {
      busy = undefined;
    }
  };
  const given = <C extends Controller>(controller: C): C =>
    watchedController(controller, {
      onError: (error) => {
        if (busy === undefined && !isCancelled) tell(error);
      },
      isLater: (error) => {
        if (busy !== "pull" || isFailing || isCancelled) return false;
        isFailing = true;
        tell(error);
        return true;
      },
    });
  return {
    // What it throws at once is thrown where the stream is made: the app, or the guard, gets it
    // there.
    ...(start && {
      start: (controller) => settled(during("start", () => start.call(source, given(controller)))),
    }),
    ...(pull && {
      pull: (controller) => {
        if (isFailing) return undefined;
        try {
          return settled(during("pull", () => pull.call(source, given(controller))));
        } catch (error) {
          return failed(error);
        }
      },
    }),
    cancel: (reason) => {
      isCancelled = true;
      return cancel?.call(source, reason);
    },
  };
}

type Controller = Pick<ReadableStreamDefaultController, "error" | "desiredSize">;

interface Ends {
  /** Gets the error that ends the stream, unless that is a client's leaving. */
  readonly onError: (error: unknown) => void;
  /** Whether such an error has been told of, and is to take effect a turn later. */
  readonly isLater: (error: unknown) => boolean;
}

function watchedController<C extends Controller>(controller: C, ends: Ends): C {
  if (Object.hasOwn(controller, "error")) return controller;
  const end = controller.error;
  const error = (reason?: unknown): void => {
    const isOpen = controller.desiredSize !== null;
    const isAborted = reason instanceof DOMException && reason.name === "AbortError";
    const isFault = isOpen && !isAborted;
    if (isFault && ends.isLater(reason)) {
      setImmediate(() => end.call(controller, reason));
      return;
    }
    end.call(controller, reason);
    if (isFault && controller.desiredSize === null) ends.onError(reason);
  };
  return Object.defineProperty(controller, "error", {
    value: error,
    configurable: true,
    writable: true,
  });
}

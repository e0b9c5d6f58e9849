// Errors in the streams that an app makes. When one fails whose head has been sent, Bun cuts the
// connection, and tells of it in its own way or not at all.
//
// So each `ReadableStream` that is made from here on has the functions of its source watched. A
// stream that was cancelled, as when its client has gone, may fail in any way: that is no error.

type Source = UnderlyingDefaultSource & { readonly type?: unknown };

/**
 * Has `tell` told of each error that the app's part of a stream throws. To be called before the app
 * is loaded.
 */
export function watchStreams(tell: (error: unknown) => void): void {
  globalThis.ReadableStream = new Proxy(ReadableStream, {
    construct(target, [source, ...rest]: [unknown, ...unknown[]], newTarget) {
      const watched = isDefaultSource(source) ? watchedSource(source, tell) : source;
      return Reflect.construct(target, [watched, ...rest], newTarget) as object;
    },
  });
}

/** Bun's own "direct" streams have no controller to tell of an error. */
function isDefaultSource(source: unknown): source is Source {
  return typeof source === "object" && source !== null && Reflect.get(source, "type") === undefined;
}

function watchedSource(source: Source, tell: (error: unknown) => void): Source {
  let isCancelled = false;
  const { start, pull, cancel } = source;
  // Of a stream that has failed before it is sent Bun tells by itself, past the log: it fails a
  // turn later.
  const failed = async (error: unknown): Promise<never> => {
    if (!isCancelled) tell(error);
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  };
  const settled = (result: unknown): void | Promise<void> =>
    result instanceof Promise ? result.catch(failed) : undefined;
  // Of what fails by its controller in here Bun tells: it has not begun to send it.
  let isBusy = false;
  const during = (call: () => unknown): unknown => {
    isBusy = true;
    try {
      return call();
    } finally {
      isBusy = false;
    }
  };
  const given = <C extends Controller>(controller: C): C =>
    watchedController(controller, (error) => {
      if (!isBusy && !isCancelled) tell(error);
    });
  return {
    // What it throws at once is thrown where the stream is made: there the app has it, or the
    // guard.
    ...(start && {
      start: (controller) => settled(during(() => start.call(source, given(controller)))),
    }),
    ...(pull && {
      pull: (controller) => {
        try {
          return settled(during(() => pull.call(source, given(controller))));
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

/**
 * The controller, with `onError` told of the error that its stream ends with, unless a client's
 * leaving is one.
 */
function watchedController<C extends Controller>(
  controller: C,
  onError: (error: unknown) => void,
): C {
  if (Object.hasOwn(controller, "error")) return controller;
  const end = controller.error;
  const error = (reason?: unknown): void => {
    const isOpen = controller.desiredSize !== null;
    end.call(controller, reason);
    const isAborted = reason instanceof DOMException && reason.name === "AbortError";
    if (isOpen && controller.desiredSize === null && !isAborted) onError(reason);
  };
  return Object.defineProperty(controller, "error", {
    value: error,
    configurable: true,
    writable: true,
  });
}

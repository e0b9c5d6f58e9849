// Errors in the streams that an app makes. When one fails whose head has been sent, Bun cuts the
// connection, and tells of it in its own way or not at all.
//
// So each `ReadableStream` that is made from here on has the functions of its source watched. A stream that
// was cancelled, as when its client has gone, may fail in any way: that is no error.

type Source = UnderlyingDefaultSource & { readonly type?: unknown };

/** Has `tell` told of each error that the app's part of a stream throws. To be called before the app is loaded. */
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
  // Of a stream that has failed before it is sent Bun tells by itself, past the log: it fails a turn later.
  const failed = async (error: unknown): Promise<never> => {
    if (!isCancelled) tell(error);
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  };
  const settled = (result: unknown): void | Promise<void> =>
    result instanceof Promise ? result.catch(failed) : undefined;
  return {
    // What it throws at once is thrown where the stream is made: there the app has it, or the guard.
    ...(start && { start: (controller) => settled(start.call(source, controller)) }),
    ...(pull && {
      pull: (controller) => {
        try {
          return settled(pull.call(source, controller));
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

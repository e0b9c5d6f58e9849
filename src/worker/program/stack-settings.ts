// How stack traces are made, for a moment: the program may have settings of its own for them.

interface StackSettings {
  /** The most frames. */
  readonly limit: number;
  /** Makes what an error has for `stack`; undefined: a text, as ever. */
  readonly prepare: typeof Error.prepareStackTrace | undefined;
}

/** What `action` returns; stacks that it makes and reads are made as `settings` say. */
export function withStackSettings<T>({ limit, prepare }: StackSettings, action: () => T): T {
  const { stackTraceLimit, prepareStackTrace } = Error;
  try {
    Object.assign(Error, { stackTraceLimit: limit, prepareStackTrace: prepare });
    return action();
  } finally {
    Object.assign(Error, { stackTraceLimit, prepareStackTrace });
  }
}

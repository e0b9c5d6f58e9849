// Bun's own `Response`, streams and `Bun.serve`, as they were before the app ran: some apps and
// libraries replace the global classes, and pounce itself replaces `Bun.serve` for the app. This
// module is loaded before any app.

export const NativeResponse = Response;
/** What fails in it is not reported as an error of the app. */
export const NativeStream = ReadableStream;
export const nativeServe: typeof Bun.serve = Bun.serve;

/**
 * Reads a property, bypassing whatever a class of the app makes of it. Throws for a value that is
 * not a response.
 */
function getter<K extends "headers" | "body" | "bodyUsed">(
  name: K,
): (response: Response) => Response[K] {
  const descriptor = Object.getOwnPropertyDescriptor(NativeResponse.prototype, name);
  const get = descriptor?.get as (this: Response) => Response[K];
  return (response) => get.call(response);
}

export const headersOf = getter("headers");
export const bodyOf = getter("body");
export const bodyUsedOf = getter("bodyUsed");

/** Whether a value is a response, also if its class is the app's own. */
export function isResponse(value: unknown): value is Response {
  return value instanceof NativeResponse;
}

/**
 * Whether it is of Bun's class itself: Bun copies the internals of these, ignoring what `headers`
 * shows.
 */
export function isPlainResponse(response: Response): boolean {
  return Object.getPrototypeOf(response) === NativeResponse.prototype;
}

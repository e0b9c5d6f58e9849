// Bun's own `Response`, as it was before the app ran: some apps and libraries put
// something else in the place of the global ones. This module is loaded before any app is.

export const NativeResponse = Response;

/**
 * Reads a property past whatever a class of the app's own makes of it. Throws for what is no
 * response.
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

/** Whether a value is a response, an app's own class included. */
export function isResponse(value: unknown): value is Response {
  return value instanceof NativeResponse;
}

/**
 * Whether it is of Bun's class itself: of these Bun copies what it has inside, past what `headers`
 * shows.
 */
export function isPlainResponse(response: Response): boolean {
  return Object.getPrototypeOf(response) === NativeResponse.prototype;
}

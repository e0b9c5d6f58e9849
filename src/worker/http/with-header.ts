// Setting a header on what an app has returned.
import { headersOf, NativeResponse } from "./native.ts";
import { hasNoBody } from "./response-body.ts";

/**
 * The response with a header set. One that has no body may be returned for many requests, and Bun
 * sends the headers of each object once: what is set on it after that is not sent. So such a one
 * is copied as Bun would send it.
 */
export function withHeader(response: Response, name: string, value: string): Response {
  const headers = headersOf(response);
  // Whoever has set it before has returned the same response before, or the app sets it, too.
  const mayBeShared = headers.has(name) && hasNoBody(response);
  const own = mayBeShared ? new NativeResponse(null, response) : response;
  headersOf(own).set(name, value);
  return own;
}

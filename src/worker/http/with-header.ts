// Sets a header on a response that an app has returned.
import { headersOf, NativeResponse } from "./native.ts";
import { hasNoBody } from "./response-body.ts";

/**
 * The response with a header set. A response without a body may be returned for many requests, and
 * Bun sends each object's headers once: what is set later is not sent. So such a response is copied
 * as Bun would send it.
 */
export function withHeader(response: Response, name: string, value: string): Response {
  const headers = headersOf(response);
  // If the header is there already, the same response was returned before, or the app sets it too.
  const mayBeShared = headers.has(name) && hasNoBody(response);
  const own = mayBeShared ? new NativeResponse(null, response) : response;
  headersOf(own).set(name, value);
  return own;
}

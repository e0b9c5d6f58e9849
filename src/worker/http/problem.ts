// pounce's own answers: short `application/problem+json`.

import { NativeResponse } from "./native.ts";

const TITLES = {
  400: "Bad Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
} as const;

const TYPE = "application/problem+json";

function body(status: keyof typeof TITLES): string {
  return JSON.stringify({ title: TITLES[status], status });
}

/** The body of such an answer, and its headers. A 503 says when to try again. */
export function problemText(status: keyof typeof TITLES) {
  const headers = { "content-type": TYPE, ...(status === 503 ? { "retry-after": "1" } : {}) };
  return { headers, body: body(status) };
}

export function problem(status: keyof typeof TITLES): Response {
  const text = problemText(status);
  return new NativeResponse(text.body, { status, headers: text.headers });
}

/**
 * The 503 for a request whose time is up, as bytes for a connection that Bun has not answered on.
 * @param isForHead a HEAD request is answered without a body
 */
export function unavailable(isForHead = false): Uint8Array {
  const content = body(503);
  return Buffer.from(
    `HTTP/1.1 503 ${TITLES[503]}\r\nContent-Type: ${TYPE}\r\nRetry-After: 1\r\n` +
      `Connection: close\r\nContent-Length: ${content.length}\r\n\r\n${isForHead ? "" : content}`,
  );
}

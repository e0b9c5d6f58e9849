// pounce's own answers: short `application/problem+json`.

import { NativeResponse } from "./native.ts";

const TITLES = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Payload Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;

/** A status that pounce answers by itself. */
export type ProblemStatus = keyof typeof TITLES;

const TYPE = "application/problem+json";

function body(status: ProblemStatus): string {
  return JSON.stringify({ title: TITLES[status], status });
}

/** The body of such an answer, and its headers. A 503 says when to try again. */
export function problemText(status: ProblemStatus) {
  const headers = { "content-type": TYPE, ...(status === 503 ? { "retry-after": "1" } : {}) };
  return { headers, body: body(status) };
}

/** The body alone. */
export function bytesOfProblem(status: ProblemStatus): Uint8Array {
  return Buffer.from(body(status));
}

export function problem(status: ProblemStatus): Response {
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

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

/** Seconds. What a 503 is about is over then, or somebody else answers. */
export const RETRY_AFTER = "1";

const TYPE = "application/problem+json";

function body(status: ProblemStatus): string {
  return JSON.stringify({ title: TITLES[status], status });
}

/** The body of such an answer, and its headers. A 503 says when to try again. */
export function problemText(status: ProblemStatus) {
  const headers = {
    "content-type": TYPE,
    ...(status === 503 ? { "retry-after": RETRY_AFTER } : {}),
  };
  return { headers, body: body(status) };
}

/**
 * Any answer as bytes, for a connection that Bun does not know. It is the last one there.
 * @param isForHead as for `lastAnswer`
 */
export async function asLastAnswer(response: Response, isForHead: boolean): Promise<Uint8Array> {
  const { status, headers } = response;
  const content = await response.text();
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const all = [...lines, `content-length: ${Buffer.byteLength(content)}`, "connection: close"];
  const head = `HTTP/1.1 ${status} ${response.ok ? "OK" : TITLES[503]}\r\n${all.join("\r\n")}`;
  return Buffer.from(`${head}\r\n\r\n${isForHead ? "" : content}`);
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
 * Such an answer as bytes, for a connection that Bun has not answered on. It is the last one there.
 * @param isForHead a HEAD request is answered without a body
 */
export function lastAnswer(status: ProblemStatus, isForHead = false): Uint8Array {
  const { headers, body: content } = problemText(status);
  const length = { "content-length": String(content.length), connection: "close" };
  const lines = Object.entries({ ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${status} ${TITLES[status]}`, ...lines].join("\r\n");
  return Buffer.from(`${head}\r\n\r\n${isForHead ? "" : content}`);
}

// Answers as servers send them, and as they must not: whole, in single bytes, and cut anywhere.
import { describe, expect, test } from "bun:test";
import { AnswerReader } from "../../../src/prove/load/answer-reader.ts";
import { Loss } from "../../../src/prove/load/loss.ts";

interface Read {
  readonly status: number | undefined;
  readonly body: string;
  readonly isWhole: boolean;
  readonly closes: boolean | undefined;
  /** What was not taken. */
  readonly rest: string;
}

/** @param step how many bytes come at once */
function read(text: string, { method = "GET", step = Infinity, closes = false } = {}): Read {
  const bytes = Buffer.from(text, "latin1");
  let body = "";
  let taken = 0;
  const reader = new AnswerReader(method, (piece) => (body += Buffer.from(piece).toString()));
  for (let at = 0; at < bytes.length && !reader.isWhole; at += step) {
    taken += reader.take(bytes.subarray(at, at + Math.min(step, bytes.length)));
  }
  if (closes) reader.close();
  return {
    status: reader.head?.status,
    body,
    isWhole: reader.isWhole,
    closes: reader.head?.closes,
    rest: text.slice(taken),
  };
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

interface Case {
  readonly answer: string;
  readonly method?: string;
  readonly status?: number;
  readonly body?: string;
  readonly closes?: boolean;
}

const WHOLE: readonly (readonly [string, Case])[] = [
  ["a body of known length", { answer: `${OK}Content-Length: 5\r\n\r\nhello`, body: "hello" }],
  ["no body", { answer: `${OK}Content-Length: 0\r\n\r\n` }],
  ["a length that is said twice", { answer: `${OK}Content-Length: 1, 1\r\n\r\nx`, body: "x" }],
  [
    "chunks",
    { answer: `${CHUNKED}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n`, body: "abc0123456789" },
  ],
  ["chunks with a trailer", { answer: `${CHUNKED}1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n`, body: "a" }],
  ["an answer to HEAD", { answer: `${OK}Content-Length: 5\r\n\r\n`, method: "HEAD" }],
  ["204", { answer: "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", status: 204 }],
  ["304", { answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", status: 304 }],
  ["101", { answer: "HTTP/1.1 101 Switching Protocols\r\n\r\n", status: 101 }],
  ["no reason", { answer: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n" }],
  [
    "100 before it",
    { answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 1\r\n\r\nx`, body: "x" },
  ],
  [
    "103 before it",
    { answer: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}Content-Length: 0\r\n\r\n` },
  ],
  [
    "Connection: close",
    { answer: `${OK}connection: Close\r\nContent-Length: 0\r\n\r\n`, closes: true },
  ],
  [
    "close among others",
    { answer: `${OK}Connection: x, close\r\nContent-Length: 0\r\n\r\n`, closes: true },
  ],
  ["HTTP/1.0", { answer: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", closes: true }],
  [
    "HTTP/1.0 that keeps the connection",
    { answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n" },
  ],
];

describe.each(WHOLE)("%s", (_name, { answer, method, status = 200, body = "", closes = false }) => {
  const expected = { status, body, isWhole: true, closes };
  const options = method === undefined ? {} : { method };

  test("is whole, and what follows is not taken", () => {
    expect(read(`${answer}HTTP/1.1`, options)).toEqual({ ...expected, rest: "HTTP/1.1" });
  });

  test("is whole in single bytes, and not before the last one", () => {
    expect(read(answer, { ...options, step: 1 })).toMatchObject(expected);
    const cut = answer.slice(0, -1);
    expect(read(cut, { ...options, step: 1, closes: true }).isWhole).toBeFalse();
  });
});

test("a body without a length ends with the connection", () => {
  const answer = `${OK}X: y\r\n\r\nhel`;
  const expected = { status: 200, body: "hel", closes: true };
  expect(read(answer)).toMatchObject({ ...expected, isWhole: false });
  expect(read(answer, { closes: true })).toMatchObject({ ...expected, isWhole: true });
});

test.each([
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"],
  ["another protocol without a line", "\x15\x03\x01", "not HTTP"],
  ["a status that is no number", "HTTP/1.1 OK\r\n\r\n", "not HTTP"],
  ["HTTP/2", "HTTP/2 200\r\n\r\n", "not HTTP"],
  ["a header without a colon", `${OK}hello\r\n\r\n`, "not a header"],
  ["a header with a space in its name", `${OK}Content-Length : 5\r\n\r\n`, "not a header"],
  ["a folded header", `${OK}A: b\r\n c: d\r\n\r\n`, "not a header"],
  ["a length that is none", `${OK}Content-Length: five\r\n\r\n`, "not a length"],
  ["a negative length", `${OK}Content-Length: -1\r\n\r\n`, "not a length"],
  ["two lengths", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, "not a length"],
  [
    "a length and chunks",
    `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    "unknown",
  ],
  ["a coding nobody asked for", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, "unknown length"],
  ["a chunk without a size", `${CHUNKED}hello\r\n`, "not the size of a chunk"],
  ["a chunk longer than its size", `${CHUNKED}1\r\nab\r\n`, "longer than its size"],
  ["a head without an end", `${OK}${"A: b\r\n".repeat(50_000)}`, "without an end"],
])("%s is wrong", (_name, answer, words) => {
  for (const step of [1000, Infinity]) {
    expect(() => read(answer, { step })).toThrow(words);
    expect(() => read(answer, { step })).toThrow(Loss);
  }
});

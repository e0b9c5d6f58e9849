// How long a body is: Content-Length and Transfer-Encoding, in all forms that are known to divide
// servers (CL.TE, TE.CL, TE.TE, CL.0, 0.CL, TE.0).
import { all, type Exchange, get, head, HIDDEN, NEXT, post, REFUSED } from "./exchange.ts";

const BOTH = "200 200 open";
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";
const lengths = (...of: readonly string[]): string[] =>
  of.map((value) => `${post(`Content-Length: ${value}`)}hello${HIDDEN}`);
const encodings = (...of: readonly string[]): string[] =>
  of.map((value) => `${post(`Transfer-Encoding: ${value}`)}${CHUNKS}${HIDDEN}`);
const fields = (...of: readonly string[]): string[] =>
  of.map((lines) => `${post(lines)}${CHUNKS}${HIDDEN}`);
const bodyOf = (method: string): string =>
  `${head(`${method} PATH HTTP/1.1`, `Content-Length: ${HIDDEN.length}`)}${HIDDEN}${NEXT}`;

export const LENGTHS: readonly Exchange[] = [
  ...["5", "05", "  5", "\t5\t", "5 "].map((value) => ({
    sends: `${post(`Content-Length: ${value}`)}hello${NEXT}`,
    answers: BOTH,
    calls: ["POST PATH hello", "GET PATH/next"],
  })),
  {
    sends: `${post("Content-Length: 5", "content-length: 5")}hello${NEXT}`,
    answers: BOTH,
    calls: ["POST PATH hello", "GET PATH/next"],
  },
  ...all(
    lengths(
      "",
      "+5",
      "-5",
      "-0",
      "0x5",
      "5.0",
      "5e0",
      "5 0",
      "5, 5",
      ",5",
      "5;",
      '"5"',
      "5_0",
      "5\0",
      "\u000b5",
      "5\f",
      "\u00a05",
      "five",
      "\n5",
      "\r\n 5",
      "0".repeat(30) + "5",
      "9223372036854775808",
      "18446744073709551621",
      "9".repeat(100),
      "5\r\nContent-Length: 6",
      "5\r\nContent-Length: 0",
      "0\r\nContent-Length: 5",
      "5\r\nContent-Length: 05",
      "5\r\nContent-Length:",
    ),
    REFUSED,
  ),
  ...all(lengths("4294967301"), "413 closed"),
  ...all(
    [
      "Content-Length : 5",
      " Content-Length: 5",
      "X: y\rContent-Length: 5",
      "X: y\nContent-Length: 5",
    ].map((field) => `${post(field)}hello${HIDDEN}`),
    REFUSED,
  ),
  // A body that a method has no use for is a body all the same.
  ...["GET", "HEAD", "TRACE"].map((method) => ({
    sends: bodyOf(method),
    answers: BOTH,
    calls: [`${method} PATH`, "GET PATH/next"],
  })),
  {
    sends: bodyOf("OPTIONS"),
    answers: BOTH,
    calls: [`OPTIONS PATH ${HIDDEN}`, "GET PATH/next"],
  },
  ...all([bodyOf("CONNECT").replace("PATH", "b:80")], "501 closed"),
  ...all([bodyOf("POST").replace("Host: a", "Host: a b")], REFUSED),
  {
    sends: bodyOf("POST").replace("PATH", "PATH/unread"),
    answers: BOTH,
    calls: ["POST PATH/unread", "GET PATH/next"],
  },
  // Without a length there is no body.
  { sends: `${post("X: y")}hello${HIDDEN}`, answers: "200 closed", calls: ["POST PATH"] },
  {
    sends: `${post("Content-Length: 0")}${NEXT}`,
    answers: BOTH,
    calls: ["POST PATH", "GET PATH/next"],
  },
  ...["chunked", "Chunked", "CHUNKED", "\tchunked ", "chunked,", ", chunked"].flatMap((value) =>
    all(encodings(value), "200 closed", ["POST PATH hello"]),
  ),
  ...all(fields("Transfer-Encoding:\r\nTransfer-Encoding: chunked"), "200 closed", [
    "POST PATH hello",
  ]),
  ...all(
    encodings(
      "",
      "identity",
      "gzip",
      "gzip, chunked",
      "chunked, gzip",
      "chunked, identity",
      "identity, chunked",
      "chunked, chunked",
      "xchunked",
      "chunkedx",
      "chunk",
      "chunked;q=1",
      '"chunked"',
      "'chunked'",
      "[chunked]",
      "chunked x",
      "x chunked",
      "\0chunked",
      "chunked\0",
      "\u000bchunked",
      "chunked\f",
      "\u00a0chunked",
      "ch\u00f6nked",
      "chun\rked",
      "chunked\n",
      "\nchunked",
      "\r\n chunked",
      "x\r\n chunked",
      "trailers",
    ),
    REFUSED,
  ),
  ...all(
    fields(
      "Transfer-Encoding : chunked",
      "Transfer-Encoding\t: chunked",
      " Transfer-Encoding: chunked",
      "Transfer-Encoding\0: chunked",
      "X: y\nTransfer-Encoding: chunked",
      "X: y\rTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding:",
      "Transfer-Encoding: x\r\nTransfer-encoding: chunked",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Transfer-Encoding: chunked\r\nContent-Length: 0",
      "Transfer-Encoding: chunked\r\nContent-Length: x",
      "Transfer-Encoding: chunked\r\nContent-Length:",
      "Content-Length:\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: x\r\nContent-Length: 5",
    ),
    REFUSED,
  ),
  // This is no chunked body, so what follows is no request, either.
  ...all(fields("Transfer_Encoding: chunked"), "200 400 closed", ["POST PATH"]),
  ...all(
    [`${post("Transfer-Encoding: chunked")}${CHUNKS}`.replace("HTTP/1.1", "HTTP/1.0")],
    REFUSED,
  ),
  {
    sends: `${get("PATH", "Transfer-Encoding: chunked")}${CHUNKS}${HIDDEN}`,
    answers: "200 closed",
    calls: ["GET PATH"],
  },
];

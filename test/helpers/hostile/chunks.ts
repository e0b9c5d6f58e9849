// Bodies in chunks. After each of them comes a request that must not be served: a connection ends
// with the answer to a request that has `Transfer-Encoding` (request-check.ts).
import { all, type Exchange, HIDDEN, post, REFUSED } from "./exchange.ts";

const END = "0\r\n\r\n";
const HEAD = post("Transfer-Encoding: chunked");
const bodies = (...of: readonly string[]): string[] => of.map((body) => HEAD + body + HIDDEN);
const sizes = (...of: readonly string[]): string[] =>
  bodies(...of.map((size) => `${size}\r\nhello\r\n${END}`));

const HELLO = ["POST PATH hello"];
/** The app was called, as the body is checked while it arrives, and cannot read it. */
const BROKEN = ["POST PATH !"];
const SECOND = "200 400 closed";

export const CHUNKS: readonly Exchange[] = [
  ...all(sizes("5", "005", "0".repeat(100) + "5", "5;a=b", '5;a="b;c"', "5;"), "200 closed", HELLO),
  ...all(sizes("5;\u00ff"), "200 closed", HELLO, "400"),
  ...all(sizes("5 ; a = b", "5 "), REFUSED, BROKEN, "white space to be skipped"),
  ...all(
    sizes(
      "",
      "+5",
      "-5",
      "0x5",
      " 5",
      "\t5",
      "5\t",
      "5 x",
      "5x",
      "5.0",
      "5_0",
      "5h",
      "g",
      "5,5",
      "5\0",
      "5;a\nb",
      "5;a\rb",
      "5;a\0",
      '5;a="\r\n"',
      "10000000000000005",
      "1000000000000000",
      "ffffffffffffffff",
      "4",
      "6",
      "7",
    ),
    REFUSED,
    BROKEN,
  ),
  ...all(sizes(`5;${"a".repeat(20_000)}`), "413 closed", BROKEN),
  ...all(
    bodies(
      `5\nhello\r\n${END}`,
      `5\rhello\r\n${END}`,
      `5\r\nhello\n${END}`,
      `5\r\nhello\r${END}`,
      `5\r\nhello${END}`,
      `5\r\nhelloXX${END}`,
      `5\r\nhello\n\r${END}`,
      "5\r\nhello\r\n0\n\n",
      "5\r\nhello\r\n0\n\r\n",
      "5\r\nhello\r\n0 \r\n\r\n",
      "5\r\nhello\r\n-0\r\n\r\n",
      "5\r\nhello\r\n",
    ),
    REFUSED,
    BROKEN,
  ),
  ...all(bodies("5\r\nhello\r\n00\r\n\r\n", "5\r\nhello\r\n0;a\r\n\r\n"), "200 closed", HELLO),
  ...all(bodies(END), "200 closed", ["POST PATH"]),
  ...all(bodies(`${END}5\r\nhello\r\n${END}`), SECOND, ["POST PATH"]),
  // What Bun finds wrong after the last chunk, it answers once more.
  ...all(
    ["XX", "X:", "\n", "GE", "X y\r\n\r\n"].map(
      (end) => `${HEAD}5\r\nhello\r\n0\r\n${end}${HIDDEN}`,
    ),
    SECOND,
    HELLO,
    "400 alone",
  ),
  ...all(
    ["X: y", "Content-Length: 5", "Host: b", "Transfer-Encoding: x"].map(
      (trailer) => `${HEAD}5\r\nhello\r\n0\r\n${trailer}\r\n\r\n${HIDDEN}`,
    ),
    SECOND,
    HELLO,
    "200 alone",
  ),
  // Unless the rest comes later than the answer: then the connection has ended.
  {
    sends: [`${HEAD}5\r\nhello\r\n`, "0\r\n\r\n"],
    answers: "200 closed",
    calls: HELLO,
  },
  {
    sends: `${HEAD}5;x\r\nhello\r\n${END}`,
    byByte: true,
    answers: "200 closed",
    calls: HELLO,
  },
  // Larger than what a chunk may ever hold here, but not than a number: nothing is wrong yet.
  ...all(sizes("80000000", "100000005", "20000000000000"), "waits", BROKEN),
];

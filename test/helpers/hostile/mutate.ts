// Requests that are nearly right: those of the table and generated ones, cut, spliced, repeated and
// with bytes changed. PATH stands for a path in them. The same seed makes the same ones.
import { TABLE } from "./table.ts";
import type { Random } from "./random.ts";

/** Those that are not too long to be sent a hundred thousand times. */
const KNOWN = TABLE.map(({ sends }) => [sends].flat().join("")).filter(
  (it) => it.length < 2000 && it.includes("PATH"),
);
const BYTES = ["\0", "\r", "\n", "\r\n", "\t", " ", ":", ";", ",", "\u000b", "\u00ff", "#", "\\"];
const TOKENS = [
  "Content-Length: 5\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding:\u000bchunked\r\n",
  "Connection: close\r\n",
  "Connection: Content-Length\r\n",
  "Expect: 100-continue\r\n",
  "Host: b\r\n",
  "Upgrade: h2c\r\n",
  "X-Trailer: y\r\n",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "\r\n\r\n",
  "GET PATH/hidden HTTP/1.1\r\nHost: a\r\n\r\n",
  "HTTP/1.0",
  "100000005",
];
const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"];
const EXTRA = ["Accept: */*", "Cookie: a=b; c=d", "Connection: keep-alive", "X: y", "TE: trailers"];

/** A request that is right. Its body, if it has one, looks like a request. */
export function validRequest(random: Random): string {
  const method = random.of(METHODS);
  const fields = ["Host: a", ...EXTRA.filter(() => random.is(0.2))];
  const body = random.is(0.5) ? "GET PATH/hidden HTTP/1.1\r\nHost: a\r\n\r\n" : "hello";
  if (random.is(0.4)) return head(method, fields);
  if (random.is(0.2)) fields.push("Expect: 100-continue");
  if (random.is(0.5)) return `${head(method, [...fields, lengthOf(body)])}${body}`;
  return head(method, [...fields, "Transfer-Encoding: chunked"]) + chunksOf(body, random);
}

const head = (method: string, fields: readonly string[]): string =>
  [`${method} PATH HTTP/1.1`, ...fields, "", ""].join("\r\n");

/** The path will be longer than its placeholder. Where it is not, the length is hostile. */
const lengthOf = (body: string): string => `Content-Length: ${body.length}`;

function chunksOf(body: string, random: Random): string {
  const at = 1 + random.below(body.length - 1);
  const extension = random.is(0.2) ? ";a=b" : "";
  const chunks = [body.slice(0, at), body.slice(at)].map(
    (it) => `${it.length.toString(16)}${extension}\r\n${it}\r\n`,
  );
  return `${chunks.join("")}0\r\n${random.is(0.5) ? "X-Trailer: y\r\n" : ""}\r\n`;
}

/** A request that is probably wrong. */
export function mutated(random: Random): string {
  let text = random.is(0.5) ? random.of(KNOWN) : validRequest(random);
  for (let times = 1 + random.below(3); times > 0; times--) text = changed(text, random);
  return text;
}

function changed(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const to = at + random.below(Math.min(40, text.length - at + 1));
  const [before, part, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  switch (random.below(9)) {
    case 0:
      return before + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 1:
      return before + random.of(BYTES) + text.slice(at);
    case 2:
      return before + after;
    case 3:
      return before + part + part + after;
    case 4:
      return before + random.of(TOKENS) + text.slice(at);
    case 5:
      return before + random.of(KNOWN).slice(random.below(60));
    case 6:
      return lineChanged(text, random);
    case 7:
      return text.replace(
        /\d+/,
        (digits) => `${Math.max(0, Number(digits) + random.below(3) - 1)}`,
      );
    default:
      return random.is(0.5)
        ? before + part.toUpperCase() + after
        : before + random.of(BYTES) + after;
  }
}

/** A line of the head more than once, at the end of the head, or without its proper end. */
function lineChanged(text: string, random: Random): string {
  const lines = text.split("\r\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  const others = lines.toSpliced(at, 1);
  const kinds = [
    () => lines.toSpliced(at, 0, line).join("\r\n"),
    () => others.toSpliced(random.below(others.length + 1), 0, line).join("\r\n"),
    () => [lines.slice(0, at + 1).join("\r\n"), ...lines.slice(at + 1)].join("\n"),
    () => lines.toSpliced(at, 1, ` ${line}`).join("\r\n"),
    () => lines.toSpliced(at, 1, line.replace(":", " :")).join("\r\n"),
  ];
  return random.of(kinds)();
}

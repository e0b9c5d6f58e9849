// Request lines, and what comes before them.
import { all, type Exchange, get, head, REFUSED, SERVED } from "./exchange.ts";

const VERSION = "505 closed";
const lines = (...of: readonly string[]): string[] => of.map((line) => head(line));
const targets = (...of: readonly string[]): string[] => of.map((target) => get(target));

export const REQUEST_LINES: readonly Exchange[] = [
  ...all(
    lines(
      "GET  PATH HTTP/1.1",
      " GET PATH HTTP/1.1",
      "GET",
      "",
      ".GET PATH HTTP/1.1",
      "(G) PATH x",
    ),
    REFUSED,
  ),
  ...all(
    lines(
      "GET PATH  HTTP/1.1",
      "GET\tPATH HTTP/1.1",
      "GET PATH\tHTTP/1.1",
      "GET PATH HTTP/1.1 ",
      "GET PATH HTTP/1.1\t",
      "GET PATH HTTP/1.1 x",
      "GET PATH HTTP/1.10",
      "GET PATH HTTP/01.1",
      "GET PATH HTTP/1",
      "GET PATH HTTP/1,1",
      "GET PATH http/1.1",
      "GET PATH Http/1.1",
      "G\0T PATH HTTP/1.1",
      "GET PATH\0x HTTP/1.1",
      "GET PATH\u0001 HTTP/1.1",
      "GET PATH\rX HTTP/1.1",
    ),
    VERSION,
  ),
  ...all(lines("GET PATH", "GET PATH HTTP/0.9", "GET PATH HTTP/2.0", "GET PATH HTTP/3"), VERSION),
  ...all(lines("GET PATH HTTP/1.2", "GET PATH HTTP/1.9"), VERSION, [], "to be served as 1.1"),
  ...all(
    lines(
      "get PATH HTTP/1.1",
      "Get PATH HTTP/1.1",
      "FOO PATH HTTP/1.1",
      `${"A".repeat(300)} PATH HTTP/1.1`,
    ),
    "closed",
    [],
    "501",
  ),
  ...["TRACE", "PROPFIND", "QUERY", "PATCH", "PURGE", "M-SEARCH"].map((method) => ({
    sends: head(`${method} PATH HTTP/1.1`),
    answers: SERVED,
    calls: [`${method} PATH`],
  })),
  ...all(lines("HEAD PATH HTTP/1.1"), SERVED, ["HEAD PATH"]),
  ...all(lines("CONNECT b:80 HTTP/1.1", "CONNECT PATH HTTP/1.1"), "501 closed"),
  ...all(lines("OPTIONS * HTTP/1.1"), REFUSED, [], "to be served"),
  ...all(targets("*", "b:80", "PATH".slice(1), "?x", "@b", "ftp://b/x", "\\x"), REFUSED),
  ...all(targets("http://bPATH", "HTTP://bPATH", "https://bPATH"), SERVED, ["GET PATH"], "host b"),
  ...all(targets("http://:80PATH", "http://PATH"), SERVED, ["GET PATH"], "400"),
  ...all(targets("PATH#x"), SERVED, ["GET PATH#x"], "400"),
  ...all(targets("PATH?a#x"), SERVED, ["GET PATH?a#x"], "400"),
  ...all(targets("PATH\u007f"), SERVED, ["GET PATH%7F"], "400"),
  ...all(targets("PATH\u00c3\u00a9"), SERVED, ["GET PATH%C3%A9"], "400"),
  ...all(targets("PATH\u0080"), SERVED, ["GET PATH%EF%BF%BD"], "400"),
  ...all(targets('PATH"<>`{}'), SERVED, ["GET PATH%22%3C%3E%60%7B%7D"], "400"),
  ...all(targets("PATH/x\\..\\y"), SERVED, ["GET PATH/y"], "400"),
  ...all(targets("PATH/./x/../y"), SERVED, ["GET PATH/y"]),
  ...all(targets("PATH%00"), SERVED, ["GET PATH%00"]),
  ...all(targets("PATH%2e%2f%zz%2"), SERVED, ["GET PATH%2e%2f%zz%2"]),
  ...all(targets("PATH;x=/y//z"), SERVED, ["GET PATH;x=/y//z"]),
  ...all(
    [`${"A".repeat(20_000)} PATH HTTP/1.1\r\n\r\n`, get(`PATH${"x".repeat(70_000)}`)],
    "431 closed",
  ),
  ...all([get(`PATH?${"x".repeat(9)}`)], SERVED, [`GET PATH?${"x".repeat(9)}`]),
  // Line ends.
  ...all(
    [
      "GET PATH HTTP/1.1\nHost: a\n\n",
      "GET PATH HTTP/1.1\nHost: a\r\n\r\n",
      "GET PATH HTTP/1.1\rHost: a\r\r",
    ],
    VERSION,
  ),
  ...all(["GET PATH HTTP/1.1\r\r\nHost: a\r\n\r\n"], VERSION),
  ...all(["GET PATH HTTP/1.1\r\nHost: a\n\r\n", "GET PATH HTTP/1.1\r\nHost: a\r\n\n"], REFUSED),
  ...all([`\r\n${get("PATH")}`, `\r\n\r\n${get("PATH")}`], REFUSED, [], "to be served"),
  ...all([`\n${get("PATH")}`, `\u00ef\u00bb\u00bf${get("PATH")}`, "\r\n"], REFUSED),
];

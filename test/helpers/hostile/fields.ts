// Header fields: their form, their number, and what they ask for. (Host: raw-requests.ts.)
import { all, type Exchange, get, HIDDEN, NEXT, post, REFUSED, SERVED } from "./exchange.ts";

const GET = ["GET PATH"];
const gets = (...fields: readonly string[]): string[] => fields.map((it) => get("PATH", it));
const FOLDED = "X: y\r\n z";
const withLength = (field: string, version = "1.1"): string =>
  post(field, "Content-Length: 5").replace("HTTP/1.1", `HTTP/${version}`);

export const FIELDS: readonly Exchange[] = [
  ...all(
    gets(
      FOLDED,
      "X: y\r\n\tz",
      " b",
      "X : y",
      "X\t: y",
      ": y",
      "X",
      "X\u00e9: y",
      "X(y): z",
      '"X": y',
      "X/y: z",
      "X y: z",
      "X\0: y",
      "X: \0",
      "X: \u0001",
      "X: \u000b",
      "X: a\rb",
      "X: a\nY: b",
      "X\rTransfer-Encoding: chunked",
      "X: \rTransfer-Encoding: chunked",
      "X: y\nTransfer-Encoding: chunked",
    ),
    REFUSED,
  ),
  ...all(gets("X:", "X:y", "X: \u00e9\u00ff", "X: \u007f", "x_y: z", "X: a:b"), SERVED, GET),
  ...all(
    [
      get("PATH", ...Array<string>(250).fill("X: y")),
      get("PATH", `X: ${"y".repeat(20_000)}`),
      get("PATH", `X: ${"y".repeat(100_000)}`),
    ],
    "431 closed",
  ),
  ...all([get("PATH", `X: ${"y".repeat(12_000)}`)], SERVED, GET),
  ...all(
    gets("Connection: close", "Connection: Close", "Connection: keep-alive, close"),
    "200 closed",
    GET,
  ),
  ...all(gets("Connection: keep-alive\r\nConnection: close"), "200 closed", GET),
  ...all(gets("Connection: close, Host"), "200 closed", GET),
  ...all(gets("Connection: Content-Length", "Connection: Host"), SERVED, GET),
  {
    sends: `${post("Connection: Content-Length", "Content-Length: 5")}hello${NEXT}`,
    answers: "200 200 open",
    calls: ["POST PATH hello", "GET PATH/next"],
  },
  {
    sends: `${post("Connection: Transfer-Encoding", "Transfer-Encoding: chunked")}0\r\n\r\n`,
    answers: "200 closed",
    calls: ["POST PATH"],
  },
  // Upgrades that are not offered are no upgrades.
  ...all(gets("Connection: Upgrade\r\nUpgrade: foo"), SERVED, GET),
  ...[
    get("PATH", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
  ].flatMap((it) => all([it], SERVED, GET)),
  {
    sends: `${post("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5")}hello${NEXT}`,
    answers: "200 200 open",
    calls: ["POST PATH hello", "GET PATH/next"],
  },
  // Expect.
  {
    sends: [withLength("Expect: 100-continue"), "hello"],
    answers: "100 200 open",
    calls: ["POST PATH hello"],
  },
  {
    sends: `${withLength("Expect: 100-continue")}hello`,
    answers: "100 200 open",
    calls: ["POST PATH hello"],
  },
  {
    sends: [withLength("Expect: 100-Continue"), "hello"],
    answers: SERVED,
    calls: ["POST PATH hello"],
    amiss: "100",
  },
  {
    sends: [withLength("Expect: 100-continue", "1.0"), "hello"],
    answers: "100 200 closed",
    calls: ["POST PATH hello"],
    amiss: "no 100",
  },
  ...["200-ok", "y 100-continue", ""].map((value) => ({
    sends: `${withLength(`Expect: ${value}`)}hello`,
    answers: SERVED,
    calls: ["POST PATH hello"],
  })),
  ...all([`${withLength("Expect:\r\n 100-continue")}hello`], REFUSED),
  {
    sends: withLength("Expect: 100-continue").replace("Host: a", "Host: a b"),
    answers: "100 400 closed",
    calls: [],
  },
  // A field that only looks like one about the length.
  {
    sends: `${post("Content_Length: 5")}hello${HIDDEN}`,
    answers: "200 closed",
    calls: ["POST PATH"],
  },
];

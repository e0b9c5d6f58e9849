// Several requests on a connection, requests in pieces, and connections that end early.
import { all, type Exchange, get, head, NEXT, post, REFUSED, SERVED } from "./exchange.ts";

const CLOSED = "closed";
const BODY = `${post("Content-Length: 5")}hello`;
const old = (...fields: readonly string[]): string => head("GET PATH HTTP/1.0", ...fields);

export const ORDERS: readonly Exchange[] = [
  {
    sends: get("PATH/1") + get("PATH/2") + get("PATH/3"),
    answers: "200 200 200 open",
    calls: ["GET PATH/1", "GET PATH/2", "GET PATH/3"],
  },
  {
    sends: get("PATH/unread") + BODY + NEXT,
    answers: "200 200 200 open",
    calls: ["GET PATH/unread", "POST PATH hello", "GET PATH/next"],
  },
  {
    sends: BODY.replace("PATH", "PATH/unread") + NEXT,
    answers: "200 200 open",
    calls: ["POST PATH/unread", "GET PATH/next"],
  },
  // Nothing is served after what ends a connection.
  ...[get("PATH", "Connection: close"), old(), old("Connection: keep-alive")].map((first) => ({
    sends: first + NEXT,
    answers: "200 closed",
    calls: ["GET PATH"],
  })),
  ...all(
    [
      get("PATH", "Host: b") + NEXT,
      get("PATH").replace("Host: a", "Host: a b") + NEXT,
      get("PATH").replace("Host: a\r\n", "") + NEXT,
    ],
    REFUSED,
  ),
  // Bun forgets a pending answer when anything else comes.
  {
    sends: get("PATH/pending") + NEXT,
    answers: CLOSED,
    calls: ["GET PATH/pending"],
    amiss: "the pending answer, then the next",
  },
  { sends: `${get("PATH/pending")}G`, answers: "waits", calls: ["GET PATH/pending"] },
  {
    sends: [get("PATH/pending"), NEXT],
    answers: CLOSED,
    calls: ["GET PATH/pending"],
    amiss: "the pending answer, then the next",
  },
  {
    sends: `${get("PATH/pending")}\r\n`,
    answers: REFUSED,
    calls: ["GET PATH/pending"],
    amiss: "the pending answer",
  },
  // A stray line end after a body, as old browsers send it.
  {
    sends: `${BODY}\r\n${NEXT}`,
    answers: "200 400 closed",
    calls: ["POST PATH hello"],
    amiss: "an empty line before a request to be skipped",
  },
  // Clients that close their side.
  { sends: get("PATH"), thenCloses: true, answers: "200 closed", calls: ["GET PATH"] },
  {
    sends: get("PATH/pending"),
    thenCloses: true,
    answers: CLOSED,
    calls: ["GET PATH/pending"],
    amiss: "the answer",
  },
  { sends: "", thenCloses: true, answers: CLOSED, calls: [] },
  { sends: "GET PATH HT", thenCloses: true, answers: CLOSED, calls: [] },
  { sends: BODY.slice(0, -1), thenCloses: true, answers: CLOSED, calls: ["POST PATH !"] },
  {
    sends: `${post("Transfer-Encoding: chunked")}5\r\nhel`,
    thenCloses: true,
    answers: CLOSED,
    calls: ["POST PATH !"],
  },
  // In pieces.
  { sends: get("PATH"), byByte: true, answers: SERVED, calls: ["GET PATH"] },
  { sends: BODY, byByte: true, answers: SERVED, calls: ["POST PATH hello"] },
  { sends: "GET PATH HT", answers: "waits", calls: [] },
  { sends: BODY.slice(0, -1), answers: "waits", calls: ["POST PATH !"] },
];

// Requests as bytes for a program on node:http, which come to it under pounce as under `bun`.

const HOST = "Host: x\r\n";
const CHUNKED = `${HOST}Transfer-Encoding: chunked\r\n`;

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;
const post = (headers: string, body: string): string => `POST / HTTP/1.1\r\n${headers}\r\n${body}`;
const chunked = (rest: string, more = ""): string => post(`${CHUNKED}${more}`, rest);

const ABC = "3\r\nabc\r\n";
const LAST = "0\r\n\r\n";

/** What is sent, by what it is. */
export const NODE_REQUESTS: Readonly<Record<string, string>> = {
  one: get("/"),
  "two at once": get("/1") + get("/2"),
  "three at once, the first slow": get("/slow") + get("/2") + get("/3"),
  "a body in chunks": chunked(ABC + LAST),
  "a body in chunks and another request": chunked(ABC + LAST) + get("/next"),
  trailers: chunked(`${ABC}0\r\nx-a: 1\r\n\r\n`, "Trailer: x-a\r\n"),
  "trailers and another request": chunked(`${ABC}0\r\nx-a: 1\r\n\r\n`) + get("/next"),
  "an extension of a chunk": chunked(`3;a=b\r\nabc\r\n${LAST}`),
  "a size of a chunk that is none": chunked(`zz\r\nabc\r\n${LAST}`),
  "a chunk that is longer than its size": chunked(`2\r\nabc\r\n${LAST}`),
  "both kinds of length": chunked(ABC + LAST, "Content-Length: 3\r\n"),
  "two lengths": post(`${HOST}Content-Length: 3\r\nContent-Length: 4\r\n`, "abcd"),
  "one length twice": post(`${HOST}Content-Length: 3\r\nContent-Length: 3\r\n`, "abc"),
  "a length with a sign": post(`${HOST}Content-Length: +3\r\n`, "abc"),
  "a length below zero": post(`${HOST}Content-Length: -3\r\n`, "abc"),
  "a length that is none": post(`${HOST}Content-Length: 3a\r\n`, "abc"),
  "gzip and chunks": post(`${HOST}Transfer-Encoding: gzip, chunked\r\n`, ABC + LAST),
  "chunks in capitals": post(`${HOST}Transfer-Encoding: CHUNKED\r\n`, ABC + LAST),
  "a transfer encoding that is none": post(`${HOST}Transfer-Encoding: xchunked\r\n`, ABC + LAST),
  "the body of a GET": get("/", "Content-Length: 3\r\n") + "abc" + get("/next"),
  CONNECT: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
  TRACE: `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  HEAD: `HEAD / HTTP/1.1\r\n${HOST}\r\n`,
  "OPTIONS *": `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  "a method that is none": `FOO / HTTP/1.1\r\n${HOST}\r\n`,
  "a method in small letters": `get / HTTP/1.1\r\n${HOST}\r\n`,
  "a whole URL": get("http://y/p"),
  "a query and a fragment": get("/?a=b#c"),
  "a path that is not ASCII": get("/\u00fc"),
  "a path of 20,000 characters": get(`/${"a".repeat(20_000)}`),
  "HTTP/1.0": "GET / HTTP/1.0\r\n\r\n",
  "HTTP/1.0 that keeps alive": "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  "HTTP/2.0": `GET / HTTP/2.0\r\n${HOST}\r\n`,
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "Connection: close": get("/", "Connection: close\r\n"),
  "no Host": "GET / HTTP/1.1\r\n\r\n",
  "an empty Host": "GET / HTTP/1.1\r\nHost:\r\n\r\n",
  "a Host that is none": "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
  "two Hosts": "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "Expect: 100-continue": post(`${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n`, "abc"),
  "another Expect": post(`${HOST}Expect: foo\r\nContent-Length: 3\r\n`, "abc"),
  "an upgrade that nobody takes": get("/", "Connection: Upgrade\r\nUpgrade: foo\r\n"),
  "an upgrade to h2c": get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"),
  TLS: "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n",
  "lines without CR": "GET / HTTP/1.1\nHost: x\n\n",
  "empty lines first": `\r\n\r\n${get("/")}`,
  "a space before a colon": "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
  "a header on two lines": get("/", "a: b\r\n c\r\n"),
  "a zero byte in a header": get("/", "a: b\u0000c\r\n"),
  "250 headers": get("/", Array.from({ length: 250 }, (_, i) => `h${i}: v\r\n`).join("")),
  "half a head": "GET / HTTP/1.1\r\nHost: x\r\n",
  "half a body": post(`${HOST}Content-Length: 10\r\n`, "abc"),
};

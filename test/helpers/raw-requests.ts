// Requests as bytes, and what should happen to each. PATH stands for the path of a route, PORT for
// the server's port.

/**
 * What an app gets, and whether its answer says that the connection ends (with HTTP/1.0 it ends
 * without saying so).
 */
interface Served {
  readonly url: string;
  readonly body: string;
  readonly closes: boolean;
  /** The handler, if it is not the one of PATH: Bun's router takes the path as it was sent. */
  readonly by: string;
}

export interface RawRequest {
  readonly bytes: string;
  /** A refusal comes from pounce, with a body, or from Bun's parser, without one. */
  readonly answer: Served | { readonly refused: number; readonly by: "pounce" | "Bun" } | "none";
}

const served = (url: string, rest: Partial<Served> = {}): RawRequest["answer"] => ({
  url,
  body: "",
  closes: false,
  by: "PATH",
  ...rest,
});
const refused = (status: number, by: "pounce" | "Bun"): RawRequest["answer"] => ({
  refused: status,
  by,
});

const get = (...lines: string[]): string => `${lines.join("\r\n")}\r\n\r\n`;

const validHosts: [host: string, origin: string][] = [
  ["a", "http://a"],
  ["A.Example.", "http://a.example."],
  ["a_b-c~d", "http://a_b-c~d"],
  ["a;b'c*d", "http://a;b'c*d"],
  ["\ta \t", "http://a"],
  ["a:", "http://a"],
  ["a:80", "http://a"],
  ["a:8080", "http://a:8080"],
  ["a:65535", "http://a:65535"],
  ["127.0.0.1:8000", "http://127.0.0.1:8000"],
  ["[::1]", "http://[::1]"],
  ["[::1]:8000", "http://[::1]:8000"],
  ["xn--nxasmq6b", "http://xn--nxasmq6b"],
];

const invalidHosts = [
  "",
  " ",
  "a b",
  "a\tb",
  "a,b",
  "a, b",
  "u@a",
  "u:p@a",
  "a/x",
  "a?x",
  "a#x",
  "a\\x",
  "http://a",
  "a<b",
  'a"b',
  "a|b",
  "a^b",
  "a{b",
  "a%2fb",
  "%61",
  "a%00",
  "\u00e4",
  "\u00c3\u00a4",
  "\u007f",
  "[",
  "[::1",
  "::1",
  "[::1]a",
  "[::g]",
  "[]",
  "[fe80::1%25eth0]",
  ":80",
  "a:99999",
  "a:65536",
  "a:-1",
  "a:8x",
  "a:80:80",
  "1.2.3.999",
  "1.2.3.4.5",
  "xn--a",
];

/** What comes after the head of a request to PATH with one Host. */
const post = (...lines: string[]): string =>
  ["POST PATH HTTP/1.1", "Host: a", ...lines].join("\r\n");
const chunked = (chunks: string, encoding = "chunked"): string =>
  post(`Transfer-Encoding: ${encoding}`, "", chunks);

const hosts: RawRequest[] = [
  ...validHosts.map(([host, origin]) => ({
    bytes: get("GET PATH HTTP/1.1", `Host: ${host}`),
    answer: served(`${origin}PATH`),
  })),
  ...invalidHosts.flatMap((host) =>
    ["HTTP/1.1", "HTTP/1.0"].map((version) => ({
      bytes: get(`GET PATH ${version}`, `Host: ${host}`),
      answer: refused(400, "pounce"),
    })),
  ),
  ...[
    ["Host: a", "Host: b"],
    ["Host: a", "Host: a"],
    ["Host: a", "HOST: b"],
    ["Host: a", "Host:"],
    ["Host:", "Host: a"],
    ["Host:", "X: y", "Host:"],
  ].map((lines) => ({
    bytes: get("GET PATH HTTP/1.1", ...lines),
    answer: refused(400, "pounce"),
  })),
  ...[
    [],
    ["Host : a"],
    [" Host: a"],
    ["Host: a", " b"],
    ["X: y\rHost: b", "Host: a"],
    ["Host: a\0"],
  ].map((lines) => ({ bytes: get("GET PATH HTTP/1.1", ...lines), answer: refused(400, "Bun") })),
  {
    bytes: get("GET PATH HTTP/1.1", "Host: a b", "Connection: Upgrade", "Upgrade: websocket"),
    answer: refused(400, "pounce"),
  },
  {
    bytes: get("GET PATH HTTP/1.1", "Host: a", "X-Forwarded-Host: evil/x"),
    answer: served("http://aPATH"),
  },
  {
    bytes: `${post("Content-Length: 9")}\r\n\r\nhi`.replace("Host: a", "Host: a b"),
    answer: refused(400, "pounce"),
  },
];

const LISTENER = "http://127.0.0.1:PORT";

/** What health checks and old clients send: a request without a Host. */
const oldVersion: RawRequest[] = [
  { bytes: get("GET PATH HTTP/1.0"), answer: served(`${LISTENER}PATH`) },
  {
    bytes: get("GET PATH?x=http://b/c HTTP/1.0"),
    answer: served(`${LISTENER}PATH?x=http://b/c`),
  },
  {
    bytes: get("GET PATH HTTP/1.0", "Connection: keep-alive"),
    answer: served(`${LISTENER}PATH`),
  },
  { bytes: get("GET PATH HTTP/1.0", "Host: a"), answer: served("http://aPATH") },
  {
    bytes: get("GET http://evilPATH HTTP/1.0"),
    answer: served(`${LISTENER}PATH`),
  },
  {
    bytes: get("GET //evilPATH HTTP/1.0"),
    answer: served(`${LISTENER}//evilPATH`, { by: "/fetch" }),
  },
  {
    bytes: get("GET // HTTP/1.0"),
    answer: served(`${LISTENER}//`, { by: "/fetch" }),
  },
  {
    bytes: get("GET /x/../PATH HTTP/1.0"),
    answer: served(`${LISTENER}/PATH`, { by: "/fetch" }),
  },
  { bytes: get("OPTIONS PATH HTTP/1.0"), answer: served(`${LISTENER}PATH`) },
  {
    bytes: `${get("POST PATH HTTP/1.0", "Content-Length: 2")}hi`,
    answer: served(`${LISTENER}PATH`, { body: "hi" }),
  },
];

const targets: RawRequest[] = [
  // The app does not see the authority of an absolute target: Host counts.
  { bytes: get("GET http://evilPATH HTTP/1.1", "Host: a"), answer: served("http://aPATH") },
  { bytes: get("GET http://u:p@[PATH HTTP/1.1", "Host: a"), answer: served("http://aPATH") },
  {
    bytes: get("GET //evilPATH HTTP/1.1", "Host: a"),
    answer: served("http://a//evilPATH", { by: "/fetch" }),
  },
  {
    bytes: get("GET /x/..PATH HTTP/1.1", "Host: a"),
    answer: served("http://aPATH", { by: "/fetch" }),
  },
  {
    bytes: get("GET /x/%2e%2ePATH HTTP/1.1", "Host: a"),
    answer: served("http://aPATH", { by: "/fetch" }),
  },
  {
    bytes: get("GET /x\\..PATH HTTP/1.1", "Host: a"),
    answer: served("http://aPATH", { by: "/fetch" }),
  },
  { bytes: get("GET PATH?a=/b//c HTTP/1.1", "Host: a"), answer: served("http://aPATH?a=/b//c") },
  {
    bytes: get("GET PATH%zz HTTP/1.1", "Host: a"),
    answer: served("http://aPATH%zz", { by: "/fetch" }),
  },
  ...["\\evil", "*", "evil:80", "x", "?x", "@evil", "ftp://evilPATH", "http:PATH", ""].map(
    (target) => ({
      bytes: get(`GET ${target} HTTP/1.1`, "Host: a"),
      answer: refused(400, "Bun"),
    }),
  ),
  { bytes: get("OPTIONS * HTTP/1.1", "Host: a"), answer: refused(400, "Bun") },
  { bytes: get("GET PATH b HTTP/1.1", "Host: a"), answer: refused(505, "Bun") },
  { bytes: get("GET PATH HTTP/2.0", "Host: a"), answer: refused(505, "Bun") },
  { bytes: get("GET PATH"), answer: refused(505, "Bun") },
  { bytes: get("OPTIONS PATH HTTP/1.1", "Host: a"), answer: served("http://aPATH") },
  { bytes: get("CONNECT a:80 HTTP/1.1", "Host: a:80"), answer: refused(501, "pounce") },
  { bytes: get("CONNECT PATH HTTP/1.1", "Host: a"), answer: refused(501, "pounce") },
  { bytes: get("CONNECT http://evilPATH HTTP/1.1", "Host: a b"), answer: refused(501, "pounce") },
  { bytes: get("CONNECT a:80 HTTP/1.0"), answer: refused(501, "pounce") },
  { bytes: get("get PATH HTTP/1.1", "Host: a"), answer: "none" },
];

const bodies: RawRequest[] = [
  {
    bytes: `${post("Content-Length: 2", "Content-Length: 2", "", "")}hi`,
    answer: served("http://aPATH", { body: "hi" }),
  },
  ...["2, 2", "+2", "0x2", "-2", "", "2\r\nContent-Length: 3"].map((length) => ({
    bytes: `${post(`Content-Length: ${length}`, "", "")}hi`,
    answer: refused(400, "Bun"),
  })),
  {
    bytes: chunked("2\r\nhi\r\n0\r\n\r\n"),
    answer: served("http://aPATH", { body: "hi", closes: true }),
  },
  {
    bytes: chunked("2\r\nhi\r\n0\r\n\r\n", "Chunked"),
    answer: served("http://aPATH", { body: "hi", closes: true }),
  },
  {
    bytes: chunked("2;x=y\r\nhi\r\n0\r\n\r\n"),
    answer: served("http://aPATH", { body: "hi", closes: true }),
  },
  {
    bytes: chunked("2\r\nhi\r\n0\r\nX-Trailer: y\r\n\r\n"),
    answer: served("http://aPATH", { body: "hi", closes: true }),
  },
  {
    bytes: chunked("0\r\nX-Trailer: y\r\n\r\n").replace("POST", "GET"),
    answer: served("http://aPATH", { closes: true }),
  },
  {
    bytes: chunked("2\r\nhi\r\n0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"),
    answer: refused(400, "Bun"),
  },
  ...[
    "gzip, chunked",
    "xchunked",
    "chunked, chunked",
    "identity",
    "",
    "\vchunked",
    "chunked\r\nContent-Length: 2",
    "chunked\r\nTransfer-Encoding: identity",
  ].map((encoding) => ({
    bytes: chunked("2\r\nhi\r\n0\r\n\r\n", encoding),
    answer: refused(400, "Bun"),
  })),
];

const fields: RawRequest[] = [
  "X: a\rb",
  "X: a\0b",
  "X:\r\n folded",
  "X y: z",
  ": z",
  "no colon",
].map((line) => ({
  bytes: get("GET PATH HTTP/1.1", "Host: a", line),
  answer: refused(400, "Bun"),
}));

export const RAW_REQUESTS: readonly RawRequest[] = [
  ...hosts,
  ...oldVersion,
  ...targets,
  ...bodies,
  ...fields,
];

// What fixtures/answers.ts serves: the files that it needs, the requests that it can answer, and an
// answer reduced to what must not change while a worker drains: everything except `Connection` and
// `Date`.
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Reply, Request } from "../../src/prove/load/http.ts";

const FILES = {
  "text.txt": "the content of a file",
  "page.html":
    '<!doctype html><link rel=stylesheet href="./page.css"><script src="./page.ts"></script>',
  "page.css": "body { background: url('./image.png') } ",
  "page.ts": 'import image from "./image.png"; document.title = image;',
};
/** So large that nobody keeps it in memory. */
const IMAGE = Buffer.alloc(1_500_000, "image");

/** When the files were changed: `If-Range` and `If-Modified-Since` are compared with this. */
const CHANGED = new Date("2025-01-01T00:00:00Z");

export async function writeAnswerFiles(dir: string): Promise<void> {
  for (const [name, content] of Object.entries({ ...FILES, "image.png": IMAGE })) {
    await Bun.write(join(dir, name), content);
    await utimes(join(dir, name), CHANGED, CHANGED);
  }
}

/** Paths, separated by spaces. */
function paths(prefix: string, names: string): string[] {
  return names.split(/\s+/).map((name) => `${prefix}${name}`);
}

const SHARED = paths("/fetch/shared/", "204 200 fields headers redirect 304 touched text");
/** Paths whose version Bun knows, or of which it can send a part. */
const VALIDATED = [
  ...paths(
    "/",
    "static static/file plain-file plain-image page methods files/text.txt files/image.png",
  ),
  ...paths("/fetch/", "file image"),
];
const STEADY = [
  ...paths("/static/", "bytes json long redirect 204"),
  ...paths("/", "plain-gone files/none.txt spa/any/where methods/page function function/7 nothing"),
  ...paths("/fetch/", "text native odd-class fields long json bytes blob form none status 204 304"),
  ...paths("/fetch/", "stream events sized-stream gone redirect error-response cookies keeps"),
  ...paths("/fetch/", "throws rejects unknown empty"),
  // Bun's router takes a path as it was sent, while the URL of the request has `..` resolved.
  ...paths("", "/spa/../fetch/text /spa/a\\..\\..\\static /spa/..//static /files/../fetch/text"),
  ...paths("/methods/files/", "text.txt ../../fetch/text none"),
];
/**
 * A part of a file, requested as a part. Otherwise Bun sends it as a part, or, once its headers
 * have been read, as a whole.
 */
const PART = "/fetch/part";
/** More than fits into the buffers on its way. */
const LONG_UPLOAD = "x".repeat(3_000_000);
const UNREAD_UPLOADS = paths(
  "/",
  "static page methods function fetch/text fetch/204 fetch/file fetch/empty fetch/events",
);
const ANY_METHOD = paths(
  "/",
  "static plain-file page methods methods/page methods/files/a fetch/text",
);
const CONDITIONS: Record<string, string>[] = [
  { Range: "bytes=2-5" },
  { Range: "bytes=2-900000" },
  { Range: "bytes=9999999-" },
  { Range: "bytes=2-5", "If-Range": '"another"' },
  { Range: "bytes=2-900000", "If-Range": "Wed, 01 Jan 2025 00:00:00 GMT" },
  { Range: "bytes=2-5,7-9" },
  { "If-None-Match": "*" },
  { "If-None-Match": '"another"' },
  { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" },
  { "Accept-Encoding": "gzip, br" },
];

/** Requests whose answer is the same from the first time on. */
export const STEADY_REQUESTS: readonly Request[] = [
  ...[...VALIDATED, ...STEADY].flatMap((path) => withMethods(path, "GET", "HEAD")),
  ...ANY_METHOD.flatMap((path) => withMethods(path, "POST", "PUT", "DELETE", "OPTIONS")),
  ...UNREAD_UPLOADS.map((path) => ({ method: "POST", path, body: "an upload" })),
  ...paths("/", "static fetch/text").map((path) => ({ method: "PUT", path, body: LONG_UPLOAD })),
  // Without a valid Host the URL of a request is the path as it was sent. As Latin-1, this is a
  // line end.
  { path: "/files/text.txt?\u010d\u010a", headers: { Host: "a b" } },
  ...ANY_METHOD.map((path) => ({ method: "POST", path, headers: { Range: "bytes=2-5" } })),
  ...VALIDATED.flatMap((path) => CONDITIONS.map((headers) => ({ path, headers }))),
  ...CONDITIONS.filter((it) => "Range" in it).map((headers) => ({ path: PART, headers })),
];

/**
 * Requests whose first answer from a worker differs from the later ones: Bun sends their headers or
 * body once.
 */
export const SHARED_REQUESTS: readonly Request[] = SHARED.flatMap((path) =>
  withMethods(path, "GET", "HEAD"),
);

function withMethods(path: string, ...methods: string[]): Request[] {
  return methods.map((method) => ({ method, path }));
}

export function nameOf({ method = "GET", path, headers = {} }: Request): string {
  const given = Object.entries(headers).map((header) => ` (${header.join(": ")})`);
  return `${method} ${path}${given.join("")}`;
}

/** An answer as text, to be compared. */
export function fingerprint({ status, headers, body }: Reply): string {
  const lines = [...headers].filter(([name]) => name !== "connection" && name !== "date");
  const sorted = lines.map(([name, value]) => `${name}: ${value}`).toSorted();
  const text =
    body.length > 200 ? `${body.length} bytes, ${Bun.hash(body)}` : String(Buffer.from(body));
  return [status, ...sorted, text].join("\n");
}

// The servers that the tools of large frameworks build, under pounce, all of them in full, and the
// same answers from them as under bun: bun run verify:frameworks heavy
import { describe, expect, test } from "bun:test";
import { PROJECTS } from "../apps/projects.ts";
import { fingerprint, nameOf } from "../helpers/answers.ts";
import { ask, type Request } from "../helpers/load/http.ts";
import { type Program, startProgram, startUnderBun } from "../helpers/programs.ts";
import { prove } from "../helpers/prove-program.ts";

const PAGES = ["/", "/page", "/static.txt", "/cookies", "/redirect", "/seen?a=1", "/no/such", "//"];

const REQUESTS: readonly Request[] = [
  ...PAGES.flatMap((path) => ["GET", "HEAD"].map((method) => ({ method, path }))),
  ...["/", "/page", "/static.txt"].map((path) => ({ method: "OPTIONS", path })),
  ...["/page", "/static.txt"].flatMap((path) => [
    { path, headers: { "Accept-Encoding": "gzip, br" } },
    { path, headers: { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" } },
    { path, headers: { "If-None-Match": "*" } },
    { path, headers: { Range: "bytes=2-5" } },
    { method: "POST", path, body: "a=1", headers: { "Content-Type": "text/plain" } },
  ]),
  { method: "POST", path: "/echo", body: "an echo" },
  { method: "POST", path: "/echo", body: "" },
  { path: "/seen?a=%20b", headers: { "X-Forwarded-For": "192.0.2.1" } },
  { path: "/%zz" },
  { path: "/../static.txt" },
];

/** Each answer as text; what an answer holds of the address is the same for both servers. */
async function answersOf({ port }: { readonly port: number }): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const request of REQUESTS) {
    const headers = { Host: "example.com", ...request.headers };
    const reply = await ask({ port }, { ...request, headers });
    // How long an idle connection is kept is pounce's to say.
    reply.headers.delete("keep-alive");
    // Pages hold the time at which they were made.
    const body = Buffer.from(reply.body).toString("latin1");
    const timeless = body.replaceAll(/\b1\d{12}\b/g, "time");
    // A program on its own listens on IPv6 as well.
    const text = Buffer.from(timeless.replaceAll("::ffff:127.0.0.1", "127.0.0.1"), "latin1");
    answers[nameOf(request)] = fingerprint({ ...reply, body: text });
  }
  return answers;
}

async function sameAnswers(program: Program): Promise<void> {
  await using plain = await startUnderBun(program);
  await using server = await startProgram(program);
  const expected = await answersOf(plain);
  expect(await answersOf(server)).toEqual(expected);
  await server.reload(60_000);
  expect(await answersOf(server)).toEqual(expected);
}

for (const program of Object.values(PROJECTS)) {
  prove(program);
  describe(program.name, () => {
    test("answers as under bun, to the byte", () => sameAnswers(program), 120_000);
  });
}

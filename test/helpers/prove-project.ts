// Registers the tests of servers that the tools of large frameworks build, for files of
// test/frameworks: what is claimed of every program, the same answers as under bun, to the byte,
// and that they are not built into executables.
import { describe, expect, test } from "bun:test";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECTS, type ProjectProgram } from "../apps/projects.ts";
import { fingerprint, nameOf } from "./answers.ts";
import { ask, type Request } from "../../src/prove/load/http.ts";
import { type Program, startProgram, startUnderBun } from "./programs.ts";
import { prove } from "./prove-program.ts";
import { finished } from "./finished.ts";
import { pounceBinary } from "./server.ts";

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
    const kept = new Map(reply.headers);
    kept.delete("keep-alive");
    // Pages hold the time at which they were made.
    const body = Buffer.from(reply.body).toString("latin1");
    const timeless = body.replaceAll(/\b1\d{12}\b/g, "time");
    // A program on its own listens on IPv6 as well.
    const text = Buffer.from(timeless.replaceAll("::ffff:127.0.0.1", "127.0.0.1"), "latin1");
    answers[nameOf(request)] = fingerprint({ ...reply, headers: kept, body: text });
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

async function isNotBuilt(program: ProjectProgram): Promise<void> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "pounce-unbuilt-")));
  try {
    await program.write(dir, "v0");
    const argv = ["build", `./${program.main}`, "-o", "server"];
    const child = Bun.spawn([pounceBinary(), ...argv], {
      cwd: dir,
      env: { PATH: "/nowhere", PWD: dir },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const { code, stderr } = await finished(child);
    expect(code).toBe(1);
    expect(stderr).toContain(`this server of ${program.maker} reads files beside it as it runs`);
  } finally {
    await rm(dir, { recursive: true });
  }
}

export function proveProjects(...names: readonly (keyof typeof PROJECTS)[]): void {
  for (const program of names.map((name): ProjectProgram => PROJECTS[name])) {
    prove(program);
    describe(program.name, () => {
      test("answers as under bun, to the byte", () => sameAnswers(program), 120_000);
      const hasMaker = program.maker !== undefined;
      test.if(hasMaker)("is not built into an executable", () => isNotBuilt(program), 60_000);
    });
  }
}

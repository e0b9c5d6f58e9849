// What a control socket takes the place of, and what it leaves.
import { afterAll, expect, test } from "bun:test";
import { chownSync, lstatSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "../../src/admin/client.ts";
import { listenOn } from "../../src/admin/listen.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-listen-"));
afterAll(() => rmSync(dir, { recursive: true }));

const answer = (): Response => Response.json({ version: "1", pid: 7, addresses: [] });

function listen(path: string, predecessor?: number) {
  return listenOn(path, answer, () => undefined, predecessor);
}

/** A socket whose program has ended. */
async function deadSocket(name: string): Promise<string> {
  const server = createServer();
  const path = join(dir, name);
  await new Promise<void>((done) => server.listen(`${path}.live`, done));
  renameSync(`${path}.live`, path);
  await new Promise((done) => server.close(done));
  return path;
}

test("a control socket is its owner's alone, and a file that is gone is told and left to others", async () => {
  const path = join(dir, "own");
  const result = await listen(path);
  if (!result.ok) throw new Error(result.reason);
  const { socket } = result;
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  expect(await ask(path, "GET", "/")).toMatchObject({ kind: "answer", body: { pid: 7 } });
  expect(socket.isGone()).toBe(false);
  rmSync(path);
  expect(socket.isGone()).toBe(true);
  const other = await listen(path);
  await socket.close();
  expect(lstatSync(path).isSocket()).toBe(true);
  if (other.ok) await other.socket.close();
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test("only a dead socket of this user is replaced, or that of the master before this", async () => {
  const dead = await listen(await deadSocket("dead"));
  expect(dead.ok).toBe(true);
  const busy = join(dir, "dead");
  expect(await listen(busy)).toEqual({ ok: false, reason: `${busy} is in use by process 7` });
  const successor = await listen(busy, 7);
  expect(successor.ok).toBe(true);
  for (const one of [dead, successor]) if (one.ok) await one.socket.close();

  const file = join(dir, "file");
  await Bun.write(file, "mine");
  expect(await listen(file)).toMatchObject({
    reason: `${file} already exists and is not a socket`,
  });
  expect(await Bun.file(file).text()).toBe("mine");

  const program = join(dir, "program");
  const server = createServer((socket) => socket.end("hello\r\n"));
  await new Promise<void>((done) => server.listen(program, done));
  expect(await listen(program)).toEqual({ ok: false, reason: `${program} is in use` });
  server.close();
});

test.skipIf(process.getuid?.() !== 0)("what another user has left is not replaced", async () => {
  const path = await deadSocket("foreign");
  chownSync(path, 65_533, 65_533);
  const reason = `${path} already exists and belongs to user 65533`;
  expect(await listen(path)).toEqual({ ok: false, reason });
});

test("a link is replaced where it leads to nobody, and what it leads to stays", async () => {
  const file = join(dir, "target");
  await Bun.write(file, "mine");
  const link = join(dir, "link");
  symlinkSync(file, link);
  const result = await listen(link);
  expect(result.ok).toBe(true);
  expect(lstatSync(link).isSocket()).toBe(true);
  expect(await Bun.file(file).text()).toBe("mine");
  if (result.ok) await result.socket.close();
});

// The link at which commands look for a control socket that is elsewhere.
import { afterAll, expect, test } from "bun:test";
import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControlSocket } from "../../src/admin/listen.ts";
import { openControlSocket, type Served } from "../../src/admin/start.ts";
import { registeredPath } from "../../src/admin/socket-path.ts";

const dir = mkdtempSync(join(tmpdir(), "pounce-start-"));
const { RUNTIME_DIRECTORY } = process.env;
process.env["RUNTIME_DIRECTORY"] = join(dir, "run");
mkdirSync(join(dir, "run"), { mode: 0o700 });
afterAll(() => {
  if (RUNTIME_DIRECTORY === undefined) delete process.env["RUNTIME_DIRECTORY"];
  else process.env["RUNTIME_DIRECTORY"] = RUNTIME_DIRECTORY;
  rmSync(dir, { recursive: true });
});

const card = () => ({ version: "1", pid: process.pid, addresses: [] });

/** Opens a socket that a configuration has put elsewhere. */
async function open(name: string) {
  const path = join(dir, `${name}.sock`);
  const config = { file: join(dir, `${name}.toml`), host: ["::1"], port: 1, controlSocket: path };
  const opened = await openControlSocket({ config, card } as unknown as Served);
  if (!opened.ok) throw new Error(opened.reason);
  return { socket: opened.socket as ControlSocket, path, link: registeredPath(config) };
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

test("goes with the socket", async () => {
  const { socket, path, link } = await open("goes");
  expect(readlinkSync(link)).toBe(path);
  await socket.close();
  expect([isThere(link), isThere(path)]).toEqual([false, false]);
});

test("stays for a successor that has put its own socket there", async () => {
  const { socket, path, link } = await open("stays");
  const successor = createServer();
  await new Promise<void>((done) => successor.listen(`${path}.new`, done));
  renameSync(`${path}.new`, path);
  await socket.close();
  expect(readlinkSync(link)).toBe(path);
  expect(isThere(path)).toBe(true);
  await new Promise((done) => successor.close(done));
});

test("is missed where somebody has removed it, and comes back with a new socket", async () => {
  const first = await open("missed");
  expect(first.socket.isGone()).toBe(false);
  rmSync(first.link);
  expect(first.socket.isGone()).toBe(true);
  const second = await open("missed");
  first.socket.retire();
  expect(readlinkSync(second.link)).toBe(second.path);
  expect([first.socket.isReplaced(), second.socket.isGone()]).toEqual([true, false]);
  await second.socket.close();
});

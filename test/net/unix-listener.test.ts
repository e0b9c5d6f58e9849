// The listening socket at a path: its permissions, what may be in the way, and what is left behind.
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { encodeUnix, localPath, LONGEST_PATH } from "../../src/net/unix-address.ts";
import {
  listenHidden,
  occupantOf,
  permit,
  publish,
  removeLeftovers,
  restore,
  withdraw,
} from "../../src/net/unix-listener.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM } from "../../src/os/constants.ts";
import { closeDescriptor } from "../../src/os/descriptors.ts";
import { libc } from "../../src/os/libc.ts";

let folder = "";
let path = "";
let open: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pounce-unix-"));
  path = join(folder, "app.sock");
  open = [];
});
afterEach(() => {
  for (const fd of open) closeDescriptor(fd);
  rmSync(folder, { recursive: true });
});

function listen(mode = 0o660): number {
  const fd = listenHidden(path, mode);
  open.push(fd);
  return fd;
}

/** As the end of a process does. */
function forget(fd: number): void {
  closeDescriptor(fd);
  open = open.filter((it) => it !== fd);
}

test.each(["/run/app.sock", "@app", "/é.sock"])("the name of %s leads back to it", (name) => {
  expect(formatAddress({ path: name })).toBe(`unix:${name}`);
  expect(parseAddress(`unix:${name}`)).toEqual({ path: name });
});

test.each(["a", "/".padEnd(LONGEST_PATH, "a"), "@app"])(
  "%s is what the kernel says too",
  (name) => {
    const at = name.startsWith("/")
      ? join(folder, "x".repeat(LONGEST_PATH - folder.length - 1))
      : name;
    expect(encodeUnix(at).length).toBeLessThanOrEqual(2 + LONGEST_PATH + 1);
    if (!at.startsWith("@")) return;
    const fd = listenHidden(`${at}-${process.pid}`, 0);
    open.push(fd);
    expect(localPath(fd)).toBe(`${at}-${process.pid}`);
  },
);

test("the path appears with its permissions, whatever the umask is", () => {
  const umask = process.umask(0o077);
  const fd = listen(0o606);
  process.umask(umask);
  expect(occupantOf(path)).toEqual({ is: "nobody" });
  publish(fd, path);
  expect(statSync(path).mode & 0o777).toBe(0o606);
  expect(occupantOf(path)).toEqual({ is: "server", pid: process.pid, name: localPath(fd) ?? "" });
});

test("its permissions can be changed while the path leads to it", () => {
  const fd = listen(0o660);
  publish(fd, path);
  permit(fd, 0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  if (process.geteuid?.() !== 0) return;
  permit(fd, 0o600, 12_345);
  expect(statSync(path).gid).toBe(12_345);
  permit(fd, 0o600);
  expect(statSync(path).gid).toBe(process.getegid?.() ?? -1);
});

test("a later socket takes the path in one step, and the earlier one leaves it alone", () => {
  const [first, second] = [listen(), listen()];
  publish(first, path);
  publish(second, path);
  withdraw(first, path);
  expect(occupantOf(path)).toMatchObject({ name: localPath(second) });
  withdraw(second, path);
  expect(readdirSync(folder)).toEqual([]);
});

test("a path that was removed is made again, and one that somebody else has is not", () => {
  const fd = listen();
  publish(fd, path);
  rmSync(path);
  restore(fd, path);
  expect(occupantOf(path)).toMatchObject({ is: "server" });
  rmSync(path);
  writeFileSync(path, "");
  restore(fd, path);
  expect(occupantOf(path)).toEqual({ is: "file" });
  withdraw(fd, path);
  expect(readdirSync(folder)).toEqual(["app.sock"]);
});

test("a path that leads to a dead socket is made again, and one to a live one is not", () => {
  const [ours, successors] = [listen(), listen()];
  publish(ours, path);
  publish(successors, path);
  restore(ours, path);
  expect(occupantOf(path)).toMatchObject({ name: localPath(successors) });
  forget(successors);
  restore(ours, path);
  expect(occupantOf(path)).toMatchObject({ name: localPath(ours) });
});

test("hidden names at which nobody listens are removed, and no others", () => {
  const [dead, live] = [listen(), listen()];
  writeFileSync(join(folder, ".pounce-other"), "");
  const name = localPath(live) ?? "";
  forget(dead);
  removeLeftovers(path);
  expect(
    readdirSync(folder)
      .map((it) => join(folder, it))
      .toSorted(),
  ).toEqual([name, join(folder, ".pounce-other")].toSorted());
});

test("the hidden name of a server that is just about to listen is left alone", () => {
  const hidden = join(folder, ".pounce-0a0a0a");
  const fd = libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  open.push(fd);
  const address = encodeUnix(hidden);
  expect(libc().bind(fd, address, address.length)).toBe(0);
  removeLeftovers(path);
  expect(readdirSync(folder)).toEqual([".pounce-0a0a0a"]);
  forget(fd);
  removeLeftovers(path);
  expect(readdirSync(folder)).toEqual([]);
});

test("a socket whose hidden name is gone cannot get the path, and that is an error", () => {
  const fd = listen();
  rmSync(localPath(fd) ?? "");
  expect(() => publish(fd, path)).toThrow("ENOENT");
});

test("a link that somebody puts in the place of the hidden name leads nobody to another file", () => {
  const fd = listen();
  publish(fd, path);
  const secret = join(folder, "secret");
  writeFileSync(secret, "", { mode: 0o600 });
  const hidden = localPath(fd) ?? "";
  rmSync(hidden);
  symlinkSync(secret, hidden);
  permit(fd, 0o666, 12_345);
  expect(statSync(secret)).toMatchObject({ mode: 0o100600, gid: process.getegid?.() });
  expect(() => publish(fd, path)).toThrow("ENOENT");
});

test.each(["secret", "gone", "dead.sock", "file/below", "app.sock"])(
  "a link to %s is somebody's, and not cut off",
  (target) => {
    writeFileSync(join(folder, "file"), "");
    writeFileSync(join(folder, "secret"), "");
    const fd = listen();
    publish(fd, join(folder, "dead.sock"));
    forget(fd);
    symlinkSync(target, path);
    expect(occupantOf(path)).toEqual({ is: "file" });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  },
);

test("a link to a socket at which somebody listens is that one's", () => {
  const fd = listen();
  publish(fd, path);
  symlinkSync("app.sock", join(folder, "link"));
  expect(occupantOf(join(folder, "link"))).toMatchObject({ is: "server", pid: process.pid });
});

test("a socket for datagrams at which somebody listens is in use", () => {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  open.push(fd);
  const address = encodeUnix(path);
  expect(libc().bind(fd, address, address.length)).toBe(0);
  expect(occupantOf(path)).toEqual({ is: "server", pid: undefined, name: undefined });
});

test("a socket file at which nobody listens is nobody's", () => {
  const fd = listen();
  publish(fd, path);
  forget(fd);
  expect(occupantOf(path)).toEqual({ is: "nobody" });
});

test("a folder that is missing, and one that may not be written to, are refused", () => {
  expect(() => listenHidden(join(folder, "gone/app.sock"), 0o600)).toThrow("ENOENT");
  writeFileSync(join(folder, "file"), "");
  expect(() => listenHidden(join(folder, "file/app.sock"), 0o600)).toThrow("ENOTDIR");
});

test("a process that ends before its path leads anywhere leaves no hidden name", () => {
  const module = new URL("../../src/net/unix-claim.ts", import.meta.url).pathname;
  const code =
    `const { claimPath } = await import(${JSON.stringify(module)});` +
    `claimPath(${JSON.stringify(path)}, 0o600);` +
    `console.log(require("node:fs").readdirSync(${JSON.stringify(folder)}).length);`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", code]);
  expect(stdout.toString()).toBe("1\n");
  expect(readdirSync(folder)).toEqual([]);
});

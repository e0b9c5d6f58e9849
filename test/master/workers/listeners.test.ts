// The master's duplicates of listeners, when the kernel refuses what is asked of them: nothing is
// kept that was to be closed, and nothing is believed to be in force that is not.
import { realClock } from "../../../src/master/real/clock.ts";
import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync } from "node:fs";
import { realSockets } from "../../../src/master/real/sockets.ts";
import { Listeners } from "../../../src/master/workers/listeners.ts";
import { isListening } from "../../../src/net/socket-options.ts";
import { hasSynCookies } from "../../../src/net/syn-cookies.ts";
import { IPPROTO_TCP, TCP_DEFER_ACCEPT } from "../../../src/os/constants.ts";
import { checked, libc } from "../../../src/os/libc.ts";
import { descriptors } from "../../../src/os/open-descriptors.ts";
import { makePipe } from "../../../src/os/pipes.ts";
import { here } from "../../../src/platform.ts";

const ADDRESS = "127.0.0.1:8000";

/** A descriptor that no program can be attached to: `setsockopt` refuses it. */
function refusing(): number {
  const [readEnd, writeEnd] = makePipe();
  closeSync(writeEnd);
  return readEnd;
}

/** A listener of the kernel. */
function listening(): Disposable & { readonly fd: number } {
  const before = descriptors();
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const isNew = (it: number): boolean => !before.includes(it) && isListening(it);
  const fd = descriptors().find(isNew) ?? -1;
  return { fd, [Symbol.dispose]: () => server.stop() };
}

function deferredSeconds(fd: number): number {
  const [value, length] = [new Int32Array(1), new Uint32Array([4])];
  checked("getsockopt", libc().getsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, value, length));
  return value[0] ?? -1;
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

describe.if(here.hasLibc)("listeners", () => {
  test("are closed even where their group cannot be steered", () => {
    const listeners = new Listeners(realSockets, realClock, () => undefined);
    const [first, second] = [refusing(), refusing()];
    listeners.add(ADDRESS, 1, first);
    listeners.add(ADDRESS, 2, second);
    expect(() => listeners.close(ADDRESS, 1, { during: [1], after: [0] })).toThrow("setsockopt");
    expect([isOpen(first), isOpen(second)]).toEqual([false, true]);
    expect([listeners.has(1), listeners.has(2)]).toEqual([false, true]);
    listeners.closeAll();
  });

  test("that cannot be made to drop handshakes, or be diverted, say so", () => {
    const listeners = new Listeners(realSockets, realClock, () => undefined);
    listeners.add(ADDRESS, 1, refusing());
    expect(() => listeners.quiet(ADDRESS, 1)).toThrow("setsockopt");
    expect(() => listeners.divert(ADDRESS, 1)).toThrow("setsockopt");
    // What has left already is not spoken of.
    expect(() => listeners.quiet(ADDRESS, 2)).not.toThrow();
    listeners.closeAll();
  });

  test("are not steered any more once that was refused, until a probe goes well", () => {
    const listeners = new Listeners(realSockets, realClock, () => undefined);
    const descriptor = refusing();
    listeners.add(ADDRESS, 1, descriptor);
    expect(() => listeners.steer(ADDRESS, [0])).toThrow("setsockopt");
    // The core may ask once more before it has heard of it.
    expect(() => listeners.steer(ADDRESS, [0])).not.toThrow();
    expect(listeners.steeringProblem(ADDRESS, [0])).toBeString();
    listeners.closeAll();
  });

  test("defer accept while steering works, and not once they become quiet", () => {
    const listeners = new Listeners(realSockets, realClock, () => undefined);
    using descriptor = listening();
    listeners.add(ADDRESS, 1, descriptor.fd);
    listeners.deferAccept(1);
    expect(deferredSeconds(descriptor.fd)).toBe(hasSynCookies() ? 1 : 0);
    listeners.quiet(ADDRESS, 1);
    expect(deferredSeconds(descriptor.fd)).toBe(0);
  });

  test("do not defer accept where steering is refused, now or later", () => {
    const listeners = new Listeners(realSockets, realClock, () => undefined);
    using first = listening();
    using second = listening();
    listeners.add(ADDRESS, 1, first.fd);
    listeners.deferAccept(1);
    listeners.refuseSteering();
    listeners.add(ADDRESS, 2, second.fd);
    listeners.deferAccept(2);
    expect([first, second].map(({ fd }) => deferredSeconds(fd))).toEqual([0, 0]);
  });

  test("of an address that is gone are not steered", () => {
    expect(() =>
      new Listeners(realSockets, realClock, () => undefined).steer(ADDRESS, [0]),
    ).not.toThrow();
  });
});

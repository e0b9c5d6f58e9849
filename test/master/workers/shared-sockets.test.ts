// Who accepts from a listening socket that all workers share, and when it is given up.
import { describe, expect, test } from "bun:test";
import { SystemError } from "../../../src/os/libc.ts";
import { SharedSockets } from "../../../src/master/workers/shared-sockets.ts";

const A = "unix:/run/a.sock";
const B = "unix:/run/b.sock";

/** @param canWithdraw whether the kernel keeps new clients away from a socket */
function setup(canWithdraw = true) {
  const said: string[] = [];
  const timers: { readonly delayMs: number; readonly act: () => void }[] = [];
  let next = 10;
  const sockets = new SharedSockets({
    open: (address) => {
      said.push(`open ${address}`);
      return next++;
    },
    withdraw: (fd) => {
      if (!canWithdraw) throw new SystemError("setsockopt", "EPERM");
      said.push(`withdraw ${fd}`);
    },
    permit: (fd, mode) => said.push(`permit ${fd} ${mode.toString(8)}`),
    restore: (fd) => said.push(`restore ${fd}`),
    close: (fd) => said.push(`close ${fd}`),
    tell: (worker, _, accepts) => said.push(`${worker} ${accepts ? "accepts" : "holds"}`),
    after: (delayMs, act) => {
      const timer = { delayMs, act };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  });
  /** The next timer, which must be the only one: returns how long it was. */
  const wait = (): number => {
    expect(timers).toHaveLength(1);
    const [timer] = timers.splice(0);
    timer?.act();
    return timer?.delayMs ?? 0;
  };
  const bind = (worker: number, address = A, whose: "ours" | "inherited" = "ours"): void => {
    sockets.give(address, worker, whose);
    sockets.add(address, worker);
  };
  return { sockets, bind, wait, timers, heard: (): string[] => said.splice(0) };
}

describe("a shared socket", () => {
  test("is opened once, and each worker accepts where there is no program", () => {
    const { bind, heard } = setup();
    bind(0);
    bind(1);
    expect(heard()).toEqual([`open ${A}`, "0 accepts", "1 accepts"]);
  });

  test("at a reload the new ones accept first, then the old ones hold", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    bind(1);
    sockets.steer(A, [0, 1]);
    heard();
    bind(2);
    bind(3);
    expect(heard()).toEqual([]);
    sockets.steer(A, [2, 3]);
    expect(heard()).toEqual(["2 accepts", "3 accepts", "0 holds", "1 holds"]);
    sockets.steer(A, [2, 3]);
    expect(heard()).toEqual([]);
  });

  test("parts with shares accept in turns, each for its share of the time", () => {
    const { sockets, bind, wait, timers, heard } = setup();
    for (const worker of [0, 1, 2]) bind(worker);
    heard();
    sockets.steer(A, {
      parts: [
        { weight: 3, indexes: [0, 1] },
        { weight: 1, indexes: [2] },
      ],
    });
    expect(heard()).toEqual(["2 holds"]);
    // The next ones accept before the others hold.
    expect(wait()).toBe(750);
    expect(heard()).toEqual(["2 accepts", "0 holds", "1 holds"]);
    expect(wait()).toBe(250);
    expect(heard()).toEqual(["0 accepts", "1 accepts", "2 holds"]);
    sockets.steer(A, [2]);
    expect(heard()).toEqual(["2 accepts", "0 holds", "1 holds"]);
    expect(timers).toEqual([]);
  });

  test("somebody accepts also when the part whose turn it is has gone", () => {
    const { sockets, bind, wait, timers, heard } = setup();
    for (const worker of [0, 1]) bind(worker);
    sockets.steer(A, {
      parts: [
        { weight: 1, indexes: [0] },
        { weight: 1, indexes: [1] },
      ],
    });
    sockets.close(A, 1, "kept");
    heard();
    wait();
    expect(heard()).toEqual([]);
    sockets.close(A, 0, "kept");
    expect(timers).toEqual([]);
  });

  test("the places of a program are those of the kernel's array", () => {
    const { sockets, bind, heard } = setup();
    for (const worker of [0, 1, 2, 3]) bind(worker);
    sockets.steer(A, [2, 3]);
    heard();
    // The last one moves into the place of the closed one.
    sockets.close(A, 0, [0, 2]);
    expect(heard()).toEqual([]);
    sockets.steer(A, [0]);
    expect(heard()).toEqual(["2 holds"]);
  });

  test("outlives all its workers while a plan has its address, and goes with the plan", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    sockets.close(A, 0, undefined);
    sockets.keepOnly([A]);
    bind(1);
    expect(heard()).toEqual([`open ${A}`, "0 accepts", "1 accepts"]);
    sockets.close(A, 1, undefined);
    sockets.keepOnly([B]);
    expect(heard()).toEqual(["withdraw 10", "close 10"]);
    expect(sockets.addresses).toEqual([]);
  });

  test("gets the permissions of the configuration in force, unless somebody else has made it", () => {
    const { sockets, bind, heard } = setup();
    const [file, other] = [A, B].map((name) => ({ path: name.slice("unix:".length), mode: 0o600 }));
    bind(0);
    bind(0, B, "inherited");
    heard();
    for (const one of [file, other]) if (one !== undefined) sockets.permit(one, undefined);
    expect(heard()).toEqual(["permit 10 600"]);
  });

  test("that nobody is to have takes no new clients, and its workers accept what is queued", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    bind(1);
    sockets.steer(A, [0]);
    heard();
    sockets.quiet(A, 0);
    expect(heard()).toEqual(["0 holds"]);
    sockets.quiet(A, 1);
    expect(heard()).toEqual(["withdraw 10", "0 accepts", "1 accepts"]);
    sockets.steer(A, [1]);
    sockets.close(A, 0, [0]);
    sockets.close(A, 1, undefined);
    expect(heard()).toEqual(["close 10"]);
  });

  test("that the next generation is to have stays, and what comes waits for it", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    bind(1);
    heard();
    sockets.quiet(A, 0, true);
    sockets.quiet(A, 1, true);
    // The one that stays in the list of workers, so that the next ones wait.
    sockets.steer(A, [0]);
    sockets.close(A, 1, [0]);
    bind(2);
    expect(heard()).toEqual(["0 holds", "1 holds"]);
    sockets.steer(A, [1]);
    sockets.close(A, 0, undefined);
    expect(heard()).toEqual(["2 accepts"]);
  });

  test("that belongs to somebody else is left alone at once, with what is queued", () => {
    const { sockets, bind, heard } = setup();
    bind(0, A, "inherited");
    bind(1, A, "inherited");
    heard();
    sockets.quiet(A, 0);
    sockets.quiet(A, 1);
    expect(heard()).toEqual(["0 holds", "1 holds"]);
    sockets.steer(A, undefined);
    expect(heard()).toEqual([]);
  });

  test("is made anew at an address that was given up and is wanted again", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    sockets.quiet(A, 0);
    heard();
    bind(1);
    expect(heard()).toEqual([`open ${A}`, "1 accepts"]);
    sockets.close(A, 0, [0]);
    expect(heard()).toEqual(["close 10"]);
    expect(sockets.descriptorOf(A, 1)).toBe(11);
  });

  test("is not given up while somebody is about to bind it, but when that one has ended", () => {
    const { sockets, bind, heard } = setup();
    bind(0);
    sockets.give(A, 1, "ours");
    heard();
    sockets.quiet(A, 0);
    expect(heard()).toEqual(["0 holds"]);
    sockets.abandon(1);
    expect(heard()).toEqual(["withdraw 10", "0 accepts"]);
  });

  test("is given up with its last worker, though those that have ended still have their place", () => {
    const { sockets, bind, heard } = setup();
    for (const worker of [0, 1, 2]) bind(worker);
    sockets.abandon(1);
    sockets.abandon(2);
    heard();
    sockets.quiet(A, 0);
    expect(heard()).toEqual(["withdraw 10"]);
  });

  test("stays at its path when its next worker ends before it binds, and old ones are leaving", () => {
    const { sockets, bind, heard } = setup();
    // Of a version that was rejected, and of the one that serves, which crashes.
    bind(0);
    bind(1);
    sockets.quiet(A, 0);
    sockets.close(A, 1, undefined);
    sockets.give(A, 2, "ours");
    heard();
    sockets.abandon(2);
    expect(heard()).toEqual([]);
    expect(sockets.addresses).toEqual([A]);
    bind(3);
    expect(heard()).toEqual(["3 accepts"]);
  });

  test("of a predecessor is one socket, from which its workers accept until they are told", () => {
    const { sockets, bind, heard } = setup();
    sockets.adopt(A, 0, 20, "ours");
    sockets.adopt(A, 1, 21, "ours");
    bind(2);
    expect(heard()).toEqual(["close 21"]);
    sockets.steer(A, [2]);
    expect(heard()).toEqual(["2 accepts", "0 holds", "1 holds"]);
    sockets.closeAll();
    expect(heard()).toEqual(["close 20"]);
  });

  test("while another master decides, a worker that has gone changes nothing for the others", () => {
    const { sockets, bind, heard } = setup();
    sockets.adopt(A, 0, 20, "ours");
    sockets.adopt(A, 1, 21, "ours");
    bind(2);
    heard();
    sockets.close(A, 0, "kept");
    expect(heard()).toEqual([]);
  });
});

describe("where the kernel lets nothing keep new clients away", () => {
  test("all accept until the last one has left, and the socket is closed", () => {
    const { sockets, bind, heard } = setup(false);
    bind(0);
    bind(1);
    sockets.quiet(A, 0);
    expect(() => sockets.quiet(A, 1)).toThrow("EPERM");
    sockets.close(A, 0, undefined);
    sockets.close(A, 1, undefined);
    const all = ["0 accepts", "1 accepts", "0 holds", "0 accepts", "close 10"];
    expect(heard()).toEqual([`open ${A}`, ...all]);
  });

  test("a socket that nobody has is closed all the same", () => {
    const { sockets, heard } = setup(false);
    sockets.give(A, 0, "ours");
    sockets.abandon(0);
    sockets.keepOnly([]);
    expect(heard()).toEqual([`open ${A}`, "close 10"]);
  });
});

// The control socket is made again whenever it is not there, whatever was in the way.
import { expect, test } from "bun:test";
import type { ControlSocket, ListenResult } from "../../../src/admin/listen.ts";
import { KeptFiles } from "../../../src/master/host/kept-files.ts";

const LOOK_MS = 2;

/** Files that are looked at often; each time a socket is wanted, the next of `results` is had. */
function keptWith(...results: (string | ControlSocket)[]) {
  const told: string[] = [];
  const used = Promise.withResolvers<void>();
  let opened = 0;
  const open = async (): Promise<ListenResult> => {
    const next = results[opened++];
    if (opened === results.length) used.resolve();
    if (next === undefined) throw new Error("asked too often");
    return typeof next === "string" ? { ok: false, reason: next } : { ok: true, socket: next };
  };
  const tell = (reason: string) => void told.push(reason);
  const kept = new KeptFiles(undefined, open, tell, undefined, LOOK_MS);
  return { kept, told, used: used.promise, opened: () => opened };
}

function socketThat(isGone: () => boolean) {
  const seen: string[] = [];
  const socket: ControlSocket = {
    isGone,
    isReplaced: () => false,
    retire: () => void seen.push("retired"),
    close: async () => void seen.push("closed"),
  };
  return { socket, seen };
}

test("a control socket that cannot be had is tried again, and each reason is reported once", async () => {
  const { socket, seen } = socketThat(() => false);
  const { kept, told, used, opened } = keptWith("no folder", "no folder", "no descriptor", socket);
  await kept.keep();
  await used;
  expect(told).toEqual(["no folder", "no descriptor"]);
  await Bun.sleep(5 * LOOK_MS);
  expect(opened()).toBe(4);
  await kept.close();
  expect(seen).toEqual(["closed"]);
});

test("a control socket that is gone is made again, also where that fails at first", async () => {
  const first = socketThat(() => true);
  const second = socketThat(() => false);
  const { kept, told, used } = keptWith(first.socket, "no folder", second.socket);
  await kept.keep();
  await used;
  await kept.close();
  expect([first.seen, second.seen, told]).toEqual([["retired"], ["closed"], ["no folder"]]);
});

test("files that have been left to another process before they were made are not kept", async () => {
  const { socket } = socketThat(() => true);
  const { kept, opened } = keptWith(socket);
  const made = kept.keep();
  kept.leave();
  await made;
  await Bun.sleep(5 * LOOK_MS);
  expect(opened()).toBe(1);
});

// When a worker's responses are marked: in a drain, and not while it only rehearses one.
import { expect, test } from "bun:test";
import { isDue } from "../../../src/worker/closing/mark.ts";
import { Pace } from "../../../src/worker/closing/pace.ts";
import { Marking } from "../../../src/worker/serve/marking.ts";

/** Far more than a rehearsal takes. */
const MANY = 1_000_000;

const NOBODY = (): undefined => undefined;

function marking(
  routes?: object,
): Marking & { readonly marked: () => number; readonly reloads: () => number } {
  let marked = 0;
  let reloads = 0;
  const made = new Marking({
    onTrouble: () => undefined,
    portOf: NOBODY,
    routes: () => routes,
    onError: () => new Response(),
    reload: () => void (reloads += 1),
    markPending: () => void (marked += 1),
  });
  return Object.assign(made, { marked: () => marked, reloads: () => reloads });
}

const now = (): Pace => new Pace(1, 0, performance.now());

test("a rehearsal marks nothing, and ends after enough requests", () => {
  const it = marking();
  it.rehearse();
  expect(it.flag.pace).toBeDefined();
  expect([isDue(it.flag, NOBODY), isDue(it.flag, NOBODY)]).toEqual([false, false]);
  it.rehearsed(1);
  expect(it.flag.pace).toBeDefined();
  it.rehearsed(MANY);
  expect(it.flag.pace).toBeUndefined();
  expect(it.marked()).toBe(0);
});

test("a drain that begins in a rehearsal is a drain, and is not ended with it", () => {
  const it = marking();
  it.rehearse();
  it.pace(now());
  expect(it.marked()).toBe(1);
  expect(isDue(it.flag, NOBODY)).toBe(true);
  it.rehearsed(MANY);
  expect(isDue(it.flag, NOBODY)).toBe(true);
});

test("what is in flight is marked once, at the beginning of a drain", () => {
  const it = marking();
  it.pace(now());
  it.pace(now());
  expect(it.marked()).toBe(1);
  it.pace(undefined);
  it.pace(now());
  expect(it.marked()).toBe(2);
});

test.each([
  ["none for an app whose routes are functions", { "/": () => new Response() }, 0],
  ["those of a server where Bun serves a route by itself", { "/": new Response("a") }, 1],
])("a drain takes descriptors: %s", (_, routes, taken) => {
  const it = marking(routes);
  let times = 0;
  it.passOn((action) => {
    times++;
    action();
  });
  expect(times).toBe(taken);
  expect(it.flag.privately).toBeDefined();
  it.flag.privately?.stop();
});

test("marking that ends leaves Bun's routes to Bun again, and can begin once more", () => {
  const it = marking({ "/": new Response("a") });
  for (const reloads of [2, 4]) {
    it.pace(now());
    it.passOn((action) => action());
    expect(it.flag.privately).toBeDefined();
    it.end();
    expect(isDue(it.flag, NOBODY)).toBe(false);
    expect([it.flag.pace, it.flag.privately]).toEqual([undefined, undefined]);
    expect(it.reloads()).toBe(reloads);
  }
});

test("what waits for descriptors when marking ends is not passed on later", async () => {
  const it = marking({ "/": new Response("a") });
  let isShort = true;
  const during = (action: () => void): void => {
    if (isShort) throw new Error("too many open files");
    action();
  };
  it.passOn(during);
  it.end();
  isShort = false;
  await Bun.sleep(250);
  expect(it.flag.privately).toBeUndefined();
});

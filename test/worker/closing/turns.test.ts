// In which order, and when, WebSockets are closed.
import { expect, test } from "bun:test";
import { Pace } from "../../../src/worker/closing/pace.ts";
import { Turns } from "../../../src/worker/closing/turns.ts";

const all = () => true;

/** Whose turn comes when, each at the time that was said before. */
function times(turns: Turns<string>, isOpen: (one: string) => boolean = all): string[] {
  const taken: string[] = [];
  for (let nowMs = turns.nextMs; nowMs !== undefined; nowMs = turns.nextMs) {
    for (const one of turns.take(nowMs, isOpen)) taken.push(`${one} ${nowMs}`);
  }
  return taken;
}

test("the first comes at once, the others evenly", () => {
  expect(times(new Turns(["a", "b", "c", "d"], new Pace(4, 40, 0)))).toEqual([
    "a 0",
    "b 10",
    "c 20",
    "d 30",
  ]);
});

test("without a time all come at once, and so does who opens later", () => {
  const turns = new Turns(["a", "b", "c"], new Pace(3, 0, 5));
  expect(times(turns)).toEqual(["a 5", "b 5", "c 5"]);
  turns.add("d");
  expect([...turns.take(6, all)]).toEqual(["d"]);
});

test("where nobody is, nobody's turn comes", () => {
  const turns = new Turns<string>([], new Pace(0, 0, 0));
  expect(turns.nextMs).toBeUndefined();
  expect([...turns.take(1000, all)]).toEqual([]);
});

test("who is late closes all whose time has come", () => {
  const turns = new Turns(["a", "b", "c", "d"], new Pace(4, 40, 0));
  expect([...turns.take(25, all)]).toEqual(["a", "b", "c"]);
  expect(turns.nextMs).toBe(30);
});

test("who opens meanwhile is next, and at the end of the time all go", () => {
  const turns = new Turns(["a", "b", "c"], new Pace(3, 30, 0));
  expect([...turns.take(0, all)]).toEqual(["a"]);
  turns.add("new");
  turns.add("newer");
  expect(times(turns)).toEqual(["newer 10", "new 20", "b 30", "c 30"]);
});

test("who has gone otherwise takes no turn", () => {
  const turns = new Turns(["a", "b", "c", "d"], new Pace(4, 40, 0));
  expect(times(turns, (one) => one === "a" || one === "d")).toEqual(["a 0", "d 10"]);
});

test("it ends as soon as all have gone", () => {
  const turns = new Turns(["a", "b", "c"], new Pace(3, 30, 0));
  expect([...turns.take(0, () => false)]).toEqual([]);
  expect(turns.nextMs).toBeUndefined();
});

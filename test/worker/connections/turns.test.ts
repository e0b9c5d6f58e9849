// In which order, and when, WebSockets are closed.
import { expect, test } from "bun:test";
import { Turns } from "../../../src/worker/connections/turns.ts";

const all = () => true;

/** So many turns over a time that begins at 0, of which all are wanted at once, the last first. */
function turnsOf(names: string, overMs: number): Turns<string> {
  const turns = new Turns<string>(names.length, overMs, 0);
  for (const name of names) turns.add(name, 0);
  return turns;
}

/** Whose turn comes when, each at the time that was said before. */
function times(turns: Turns<string>, isOpen: (one: string) => boolean = all): string[] {
  const taken: string[] = [];
  for (let nowMs = turns.nextMs; nowMs !== undefined; nowMs = turns.nextMs) {
    for (const one of turns.take(nowMs, isOpen)) taken.push(`${one} ${nowMs}`);
  }
  return taken;
}

test("the first comes at once, the others evenly", () => {
  expect(times(turnsOf("dcba", 40))).toEqual(["a 0", "b 10", "c 20", "d 30"]);
});

test("without a time all come at once, and so does who opens later", () => {
  const turns = turnsOf("cba", 0);
  expect(times(turns)).toEqual(["a 0", "b 0", "c 0"]);
  turns.add("d", 6);
  expect([...turns.take(6, all)]).toEqual(["d"]);
});

test("where nobody is, nobody's turn comes", () => {
  const turns = turnsOf("", 0);
  expect(turns.nextMs).toBeUndefined();
  expect([...turns.take(1000, all)]).toEqual([]);
});

test("who is late closes all whose time has come", () => {
  const turns = turnsOf("dcba", 40);
  expect([...turns.take(25, all)]).toEqual(["a", "b", "c"]);
  expect(turns.nextMs).toBe(30);
});

test("turns that nobody has wanted are lost", () => {
  const turns = new Turns<string>(4, 40, 0);
  turns.add("b", 25);
  turns.add("a", 25);
  expect(times(turns)).toEqual(["a 25", "b 35"]);
});

test("who opens meanwhile is next, and at the end of the time all go", () => {
  const turns = turnsOf("cba", 30);
  expect([...turns.take(0, all)]).toEqual(["a"]);
  turns.add("new", 1);
  turns.add("newer", 2);
  expect(times(turns)).toEqual(["newer 10", "new 20", "b 30", "c 30"]);
});

test("who has gone otherwise takes no turn", () => {
  const turns = turnsOf("dcba", 40);
  expect(times(turns, (one) => one === "a" || one === "d")).toEqual(["a 0", "d 10"]);
});

test("it ends as soon as all have gone", () => {
  const turns = turnsOf("cba", 30);
  expect([...turns.take(0, () => false)]).toEqual([]);
  expect(turns.nextMs).toBeUndefined();
});

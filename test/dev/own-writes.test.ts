// Files that an app writes each time it loads.
import { expect, test } from "bun:test";
import { OwnWrites } from "../../src/dev/own-writes.ts";

const verdicts = (writes: OwnWrites, whileLoading: boolean, times: number) =>
  Array.from({ length: times }, () => writes.note("a", whileLoading));

test("a file that changes during each load stops to count, and that is told once", () => {
  const found = verdicts(new OwnWrites(), true, 11);
  expect(found).toEqual([
    ...Array<"counts">(8).fill("counts"),
    "first-ignored",
    "ignored",
    "ignored",
  ]);
});

test("it counts again once it has changed at another time", () => {
  const writes = new OwnWrites();
  verdicts(writes, true, 20);
  expect(verdicts(writes, false, 1)).toEqual(["counts"]);
  expect(verdicts(writes, true, 1)).toEqual(["counts"]);
});

// What a worker says, taken for what it means.

import { describe, expect, test } from "bun:test";
import { serving, started } from "../scenario.ts";

describe("a worker of another version of pounce", () => {
  const versions = [
    ["an older one", "0.0.9"],
    ["one that it does not tell", undefined],
  ] as const;
  for (const [what, version] of versions) {
    test(`is killed before it loads anything: ${what}`, () => {
      const server = serving().crash(1);
      server.take();
      server.send({ ...started(2), version });
      expect(server.takeOnly("kill")).toEqual([{ type: "kill", worker: 2 }]);
      expect(server.phases).toBe("0:ready 2:stopping");
    });
  }

  test("is replaced after a wait, as one that has crashed: the file may be put back", () => {
    const server = serving().crash(1).send(started(2, "0.2.0")).obey("kill").pass(500);
    expect(server.phases).toBe("0:ready 3:spawning");
  });
});

test("a worker is of the version that it was started with: it says so once", () => {
  const server = serving().crash(1).send(started(2)).send(started(2, "9"));
  expect(server.takeLog().at(-2)).toContain("which is not valid while it is loading");
});

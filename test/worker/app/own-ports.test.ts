// What an app opens itself, where pounce or somebody else has it.
import { describe, expect, test } from "bun:test";
import { notesOfSockets } from "../../../src/ipc/port-notes.ts";
import { portInUse, refuseOwnPorts } from "../../../src/worker/app/own-ports.ts";

const OURS = [{ host: "127.0.0.1", port: 8000 }];

test("what an app opens is told, with what a reload does to it", () => {
  const [shared, own] = notesOfSockets("./app.ts", [
    { name: "port 9300", isShared: true },
    { name: "the Unix socket /run/app.sock", isShared: false },
  ]);
  expect(shared).toContain("./app.ts also opens port 9300 itself");
  expect(shared).toContain("cut off when a worker exits");
  expect(own).toContain("opens the Unix socket /run/app.sock itself");
  expect(own).toContain("no second worker can start, and no reload can succeed");
});

function refuse(port: number | undefined): () => void {
  return () => refuseOwnPorts("./app.ts", OURS, [{ port }]);
}

test("a port of pounce's is refused to an app", () => {
  expect(refuse(8000)).toThrow(
    "app ./app.ts: it listens on port 8000 itself, but that is where pounce",
  );
  expect(refuse(9301)).not.toThrow();
  expect(refuse(undefined)).not.toThrow();
});

describe("what is in use is an error that says whose it is, when Bun says", () => {
  const cases: [words: string, more: object, expected: RegExp][] = [
    ["Is port 9300 in use?", {}, /it opens a port itself, and that port is in use/],
    ["Failed to listen", { port: 9300 }, /another program has it.*Failed to listen/s],
    ["Is port 8000 in use?", {}, /port 8000 itself, but that is where pounce serves it/],
    ["listen EADDRINUSE", { port: 8000 }, /port 8000 itself, but that is where pounce serves it/],
    [
      "listen EADDRINUSE",
      { address: "/a.sock" },
      /the Unix socket \/a\.sock itself.*process\.pid/s,
    ],
    ["EADDRINUSE", { path: "/a.sock" }, /the Unix socket \/a\.sock itself/],
    ["bind EADDRINUSE 0.0.0.0", { address: "0.0.0.0" }, /it opens a port itself/],
  ];
  for (const [words, more, expected] of cases) {
    test(`${words} ${JSON.stringify(more)}`, () => {
      const error = Object.assign(new Error(words), { code: "EADDRINUSE", ...more });
      expect(portInUse(error, "./app.ts", OURS)?.message).toMatch(expected);
    });
  }

  test("nothing of it for the app's own errors", () => {
    expect(portInUse(new Error("own"), "./app.ts", OURS)).toBeUndefined();
  });
});

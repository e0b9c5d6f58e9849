// Which server of a program is served, and when an export is served instead.
import { describe, expect, test } from "bun:test";
import { chooseServer, isExportServed } from "../../../src/worker/program/choose.ts";

describe("of the servers that a program starts", () => {
  test.each([
    ["none", [], [8000], undefined],
    ["the only one", [3000], [8000], 3000],
    ["the first", [9090, 3000], [8000], 9090],
    ["the one that asks for our port", [9090, 8000], [8000], 8000],
    ["the first that asks for a particular port", [0, 9090, 3000], [8000], 9090],
    ["the first, when any port will do for all", [0, 0], [0], 0],
    ["one on a Unix socket, if there is no other", [undefined], [8000], undefined],
  ] as const)("%s is served", (_claim, ports, ours, expected) => {
    const servers = ports.map((port) => ({ port }));
    expect<unknown>(chooseServer(servers, ours)?.port).toBe(expected);
  });
});

describe("what a module exports beside a server that it starts", () => {
  const app = { isNamed: false, isApp: true, isSame: false };
  test.each([
    ["is served if it is an app, and the server something else", app, 9090, true],
    ["is not if it is no app", { ...app, isApp: false }, 9090, false],
    ["is not if the server serves the same", { ...app, isSame: true }, 9090, false],
    ["is not if the server asks for our port", app, 8000, false],
    ["is served in any case if it is named", { ...app, isNamed: true, isApp: false }, 8000, true],
  ] as const)("%s", (_claim, exported, port, expected) => {
    expect(isExportServed({ port }, [8000], exported)).toBe(expected);
  });
});

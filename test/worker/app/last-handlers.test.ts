// The last handlers of an app: they end the process, or leave it without work, or meet a limit.
import { describe, expect, test } from "bun:test";
import { printed } from "../../helpers/held-process.ts";

/** Runs handlers with a limit, and says what was cut off, if anything. */
const run = (handlers: string, limitMs = 10_000): string => `
  const threw = (error, which) => console.log(which, "threw", error.message);
  const cut = await runHandlers([${handlers}], ${limitMs}, threw);
  console.log(cut === undefined ? "ended" : cutOffNote("SIGTERM", cut).replace(/\\d+ms/, "N ms"))
`;
const alive = "setInterval(() => undefined, 1000);";
const cutOff =
  "the app's handlers of SIGTERM were cut off after N ms, when the time to drain was up: ";

describe("a process lives on for its handlers until", () => {
  test.concurrent.each<[string, string, string[]]>([
    [
      "what they have begun ends it",
      `${alive} ${run('() => { setTimeout(() => (console.log("exit"), process.exit()), 20) }')}`,
      ["exit"],
    ],
    [
      "nothing is alive, and what their listeners of beforeExit begin has ended",
      `process.on("beforeExit", () => setTimeout(() => console.log("flushed"), 20));
       ${run('() => { setTimeout(() => console.log("closed"), 20) }, () => console.log("second")')}`,
      ["second", "closed", "flushed", "ended"],
    ],
    [
      "nothing is alive, though a promise is pending that nothing can settle",
      run("() => new Promise(() => undefined)"),
      ["ended"],
    ],
    [
      "the time is up, with a promise pending",
      `${alive} ${run("() => undefined, () => new Promise(() => undefined)", 30)}`,
      [`${cutOff}a promise that they have returned is still pending`],
    ],
    [
      "the time is up, and something is alive",
      `${alive} ${run("async () => undefined", 30)}`,
      [
        `${cutOff}they have not called process.exit, and something of the app keeps the process alive`,
      ],
    ],
    [
      "all have thrown, whatever is alive",
      `${alive} ${run('() => { throw new Error("a") }, async () => { throw new Error("b") }')}`,
      ["signal handler threw a", "signal handler threw b", "ended"],
    ],
    [
      "those that have not thrown are done",
      run('() => { throw new Error("a") }, () => { setTimeout(() => console.log("done"), 20) }'),
      ["signal handler threw a", "done", "ended"],
    ],
    [
      "beforeExit, if there are none",
      `${alive} process.on("beforeExit", () => { throw new Error("a") }); ${run("")}`,
      ["listener of beforeExit threw a", "ended"],
    ],
  ])("%s", async (_name, program, all) => {
    expect(await printed(program)).toEqual(all);
  });
});

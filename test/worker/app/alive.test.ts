// How a worker learns that nothing of its program keeps its process alive. This rests on what Bun
// does not document: it emits `beforeExit` each time its event loop has run empty, also to a
// listener whose event has another name for the app, and goes on if the listener has begun
// something.
import { expect, test } from "bun:test";
import { printed } from "../../helpers/held-process.ts";

test.concurrent(
  "a process that is held does not end, and learns each time that nothing is alive",
  async () => {
    const program = `
    setTimeout(() => console.log("timer"), 20);
    console.log(await isOver());
    console.log(await isOver());
    setTimeout(() => console.log("timer"), 20);
    console.log(await isOver());
    await new Promise((resolve) => setTimeout(resolve, 20).unref());
    console.log("goes on")
  `;
    const all = ["timer", "true", "true", "timer", "true", "goes on"];
    expect(await printed(program)).toEqual(all);
  },
);

test.concurrent("what is unref'ed does not count, and what is open does", async () => {
  const program = `
    const server = Bun.serve({ port: 0, fetch: () => new Response("") });
    setInterval(() => undefined, 1000).unref();
    const limit = AbortSignal.timeout(20);
    console.log(await untilNothingIsAlive(limit));
    console.log(await untilNothingIsAlive(limit));
    server.unref();
    console.log(await isOver())
  `;
  expect(await printed(program)).toEqual(["false", "false", "true"]);
});

test.concurrent(
  "two may wait, and the app's own listeners of beforeExit are not called",
  async () => {
    const program = `
    process.on("beforeExit", () => console.log("of the app"));
    const early = untilNothingIsAlive(AbortSignal.timeout(1));
    setTimeout(() => console.log("timer"), 50);
    console.log(...(await Promise.all([early, isOver(), isOver()])));
    process.removeAllListeners("beforeExit");
    console.log(await isOver())
  `;
    expect(await printed(program)).toEqual(["timer", "false true true", "true"]);
  },
);

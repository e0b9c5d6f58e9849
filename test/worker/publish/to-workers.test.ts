// What a worker publishes goes to each worker that it has a link to, and to a stopped one up to a
// bound, which is told.
import { expect, test } from "bun:test";
import { makeLink } from "../../../src/ipc/links.ts";
import { closeDescriptor } from "../../../src/os/descriptors.ts";
import { Links } from "../../../src/worker/links/links.ts";
import { Lost } from "../../../src/worker/publish/lost.ts";
import { ToWorkers } from "../../../src/worker/publish/to-workers.ts";

test("a worker that takes nothing costs the others nothing, and what it misses is told", async () => {
  const [mine, theirs] = [new Links(), new Links()];
  const [one, other, stopped] = [makeLink(), makeLink(), makeLink()];
  for (const [peer, [here]] of [one, other, stopped].entries()) {
    mine.open(peer, here.stream, here.descriptors);
  }
  const seen = new Map<number, number>();
  const all = Promise.withResolvers<void>();
  theirs.onOpen((link) =>
    link.on("publish", () => {
      seen.set(link.peer, (seen.get(link.peer) ?? 0) + 1);
      if (seen.get(0) === 40 && seen.get(1) === 40) all.resolve();
    }),
  );
  for (const [peer, [, there]] of [one, other].entries()) {
    theirs.open(peer, there.stream, there.descriptors);
  }
  const told: string[] = [];
  const workers = new ToWorkers(mine, (event, words) => void told.push(`${event}: ${words}`));
  const data = "x".repeat(1024 * 1024);
  for (let count = 0; count < 40; count++) {
    workers.publish({ topic: "news", data, compress: false }, count);
    while ([0, 1].some((peer) => mine.get(peer)?.waitingBytes !== 0)) {
      await new Promise(setImmediate);
    }
  }
  await all.promise;
  expect(told).toEqual([
    "publish-dropped: a message was not published to worker 2: it takes no more " +
      "(websocket.publish)",
  ]);
  for (const links of [mine, theirs]) for (const link of links.all()) link.close();
  closeDescriptor(stopped[1].stream);
  closeDescriptor(stopped[1].descriptors);
});

test("what is lost is told at once, then counted, and told again once in a while", async () => {
  const told: string[] = [];
  let more = Promise.withResolvers<void>();
  const lost = new Lost(
    (_, words) => {
      told.push(words);
      more.resolve();
    },
    "there",
    10,
  );
  lost.note();
  more = Promise.withResolvers();
  for (let count = 0; count < 3; count++) lost.note();
  await more.promise;
  expect(told).toEqual([
    "a message was not published there",
    "3 messages were not published there",
  ]);
  await Bun.sleep(30);
  expect(told).toHaveLength(2);
  lost.note();
  expect(told).toHaveLength(3);
});

// WebSockets that move between workers which are killed at any moment, in simulated worlds: each is
// served by one worker, or closed with a code, and no descriptor is left behind.
import { describe, expect, test } from "bun:test";
import { type Mistake, World, wrongInTheEnd, wrongNow } from "./world.ts";

const STEPS = 1500;
const WORLDS = 60;

/** @returns what was wrong, and when; undefined: nothing */
function run(seed: number, mistake?: Mistake): string | undefined {
  const world = new World(seed, mistake);
  for (let step = 0; step < STEPS; step++) {
    world.step();
    const wrong = wrongNow(world);
    if (wrong !== undefined) return `seed ${seed}, step ${step}: ${wrong}`;
  }
  world.settle();
  const wrong = wrongNow(world) ?? wrongInTheEnd(world);
  return wrong === undefined ? undefined : `seed ${seed}, in the end: ${wrong}`;
}

test("a connection has one owner or was closed with a code, whoever is killed, and whenever", () => {
  const first = Math.floor(Math.random() * 1_000_000);
  const seeds = Array.from({ length: WORLDS }, (_, at) => first + at);
  expect(seeds.map((seed) => run(seed)).filter((wrong) => wrong !== undefined)).toEqual([]);
});

describe("the checks find a worker that", () => {
  const mistakes: readonly Mistake[] = [
    "keeps the copy of what was taken",
    "offers what was taken to another one as well",
    "forgets what it has refused",
    "takes without telling",
    "leaves what was refused to nobody",
  ];
  test.each(mistakes)("%s", (mistake) => {
    const found = Array.from({ length: 20 }, (_, seed) => run(seed, mistake));
    expect(found.some((wrong) => wrong !== undefined)).toBe(true);
  });
});

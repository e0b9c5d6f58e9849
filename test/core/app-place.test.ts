// Which release a generation is: what the log and receipts say where a link leads to its app.
import { describe, expect, test } from "bun:test";
import { type AppPlace, placeFields, placeWords } from "../../src/core/app-place.ts";
import { END, Scenario, serving, started } from "./scenario.ts";

const RELEASE = { path: "/srv/releases/42/app.ts", link: "/srv/current/app.ts" };

test.each([
  [RELEASE, "releases/42/app.ts"],
  [{ path: "/srv/a/app.ts", link: "/srv/current" }, "a/app.ts"],
  [{ path: "/srv/app/v2.ts", link: "/srv/app/app.ts" }, "v2.ts"],
  [{ path: "/mnt/42/app.ts", link: "/srv/current/app.ts" }, "/mnt/42/app.ts"],
  [{ path: "/srv/app.ts" }, undefined],
  [undefined, undefined],
] as const)("%j is shown as %p", (place, words) => {
  expect(placeWords(placeFields(place))).toBe(words);
});

test("of the server of an older version nothing is known", () => {
  expect(placeWords({})).toBeUndefined();
});

/** A server whose first new worker has loaded its app. */
function reloaded(place: AppPlace | undefined): Scenario {
  const server = serving().reload().obey("load-config");
  server.send(started(2)).take();
  return server.send({ type: "worker-loaded", worker: 2, place });
}

describe("a reload whose app is", () => {
  test("behind a link says where that leads, and so does its receipt", () => {
    const server = reloaded(RELEASE);
    expect(server.takeLog()).toEqual([
      "[INFO] Successfully reimported app from ./app.ts",
      "[INFO] Generation 1 is loaded from releases/42/app.ts",
      "[INFO] Spawning 2 new worker(s) (generation 1)...",
    ]);
    expect(server.state.generations.get(1)?.place).toEqual(RELEASE);
    server.obey("spawn", "bind", ...END);
    expect(server.takeOnly("reload-ended")).toMatchObject([{ place: RELEASE }]);
  });

  test("where its name says says no more than that", () => {
    const server = reloaded({ path: "/srv/app.ts" });
    expect(server.takeLog()).toEqual([
      "[INFO] Successfully reimported app from ./app.ts",
      "[INFO] Spawning 2 new worker(s) (generation 1)...",
    ]);
    expect(server.state.generations.get(1)?.place).toEqual({ path: "/srv/app.ts" });
  });
});

test("a start says it, too", () => {
  const server = new Scenario().send({ type: "tick" }).send(started(0));
  server.take();
  server.send({ type: "worker-loaded", worker: 0, place: RELEASE });
  expect(server.takeLog()).toEqual(["[INFO] Generation 0 is loaded from releases/42/app.ts"]);
});

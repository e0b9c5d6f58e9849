// The one line about each version.
import { describe, expect, test } from "bun:test";
import { type Outcome, Versions } from "../../src/dev/versions.ts";

const SERVES: Outcome = { name: "serves" };
const shown = (path: string): string => path.replace("/srv/", "");
const changes = (...names: string[]) =>
  names.map((name, at) => ({ path: `/srv/${name}`, savedMs: 100 + at }));

/** The line about a version that was made for these changes. */
function lineOf(names: string[], outcome: Outcome, before?: Outcome): string | undefined {
  const versions = new Versions(shown);
  if (before !== undefined) versions.end(0, before, 0);
  const by = names.length === 0 ? "SIGHUP" : versions.add(changes(...names));
  versions.begin(1, by);
  return versions.end(1, outcome, 184)?.message;
}

test("a version that is not there yet is told by its changes, or by who asked for it", () => {
  const versions = new Versions(shown);
  expect(versions.slow(0, 2000).message).toBe("The start: still loading after 2 s");
  versions.begin(1, versions.add(changes("a.ts")));
  expect(versions.slow(1, 2000).message).toBe("a.ts changed: still loading after 2 s");
  versions.begin(2, "SIGHUP");
  expect(versions.slow(2, 2000).message).toBe("SIGHUP: still loading after 2 s");
});

describe("a version that was made for a change", () => {
  test.each<[string[], Outcome, Outcome | undefined, string]>([
    [["app.ts"], SERVES, SERVES, "app.ts changed: generation 1 serves, 84 ms after the save"],
    [["a", "b"], SERVES, SERVES, "a and b changed: generation 1 serves, 84 ms after the save"],
    [
      ["a", "b", "c", "d"],
      SERVES,
      SERVES,
      "a and 3 more changed: generation 1 serves, 84 ms after the save",
    ],
    [[], SERVES, SERVES, "SIGHUP: generation 1 serves"],
    [
      ["app.ts"],
      SERVES,
      { name: "shows-error" },
      "app.ts changed: mended, generation 1 serves, 84 ms after the save",
    ],
    [
      ["app.ts"],
      { name: "shows-error" },
      SERVES,
      "app.ts changed: generation 1 serves the error page, 84 ms after the save",
    ],
    [
      ["app.ts"],
      { name: "rejected", serving: 0 },
      SERVES,
      "app.ts changed: the new version does not start, generation 0 still serves",
    ],
    [
      ["app.ts"],
      { name: "rejected", serving: undefined },
      { name: "rejected", serving: undefined },
      "app.ts changed: the new version does not start, nothing serves",
    ],
  ])("%p, %p after %p", (names, outcome, before, line) => {
    expect(lineOf(names, outcome, before)).toBe(line);
  });

  test("has all that changed before it began; what changes later is for the next one", () => {
    const versions = new Versions(shown);
    expect(versions.add(changes("a"))).toBe("a change of a");
    expect(versions.add(changes("b"))).toBe("a change of a and b");
    versions.begin(1, "a change of a");
    versions.add(changes("c"));
    versions.begin(2, "a change of c");
    expect(versions.end(1, SERVES, 200)?.fields.files).toEqual(["a", "b"]);
    expect(versions.end(2, SERVES, 200)?.fields.files).toEqual(["c"]);
    expect(versions.end(2, SERVES, 200)).toBeUndefined();
  });

  test("the first one needs no line, unless it does not start", () => {
    expect(new Versions(shown).end(0, SERVES, 0)).toBeUndefined();
    const line = new Versions(shown).end(0, { name: "rejected", serving: undefined }, 0);
    expect(line?.message).toBe("The app does not start: waiting for a change that mends it");
  });
});

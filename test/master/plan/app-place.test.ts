// Whether a link leads to the file that was loaded.
import { expect, test } from "bun:test";
import { placeOf } from "../../../src/master/plan/app-place.ts";

const cases: readonly [module: string, base: string, file: string, link: string | undefined][] = [
  ["./app.ts", "/srv", "/srv/app.ts", undefined],
  ["app", "/srv", "/srv/app.ts", undefined],
  ["./app.js", "/srv", "/srv/app.ts", undefined],
  ["./dist", "/srv", "/srv/dist/index.js", undefined],
  [".", "/srv", "/srv/index.js", undefined],
  ["/opt/a/app.ts", "/srv", "/opt/a/app.ts", undefined],
  ["./current/app.ts", "/srv", "/srv/releases/42/app.ts", "/srv/current/app.ts"],
  ["./app.ts", "/srv/current", "/srv/releases/42/app.ts", "/srv/current/app.ts"],
  ["current/app", "/srv", "/srv/releases/42/app.ts", "/srv/current/app"],
  ["./app.ts", "/srv", "/srv/app-v2.ts", "/srv/app.ts"],
];

test.each(cases)("%s of %s, loaded from %s: through %s", (module, base, file, link) => {
  expect(placeOf({ module, base }, file)).toEqual(
    link === undefined ? { path: file } : { path: file, link },
  );
});

test("what is inside the executable has no place", () => {
  expect(placeOf({ module: "", base: "/srv" }, "")).toBeUndefined();
});

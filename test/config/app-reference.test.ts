// What an APP names, and what is none.
import { describe, expect, test } from "bun:test";
import { parseAppReference } from "../../src/config/app-reference.ts";

describe("APP", () => {
  test.each([
    ["./app.ts", "./app.ts", undefined, false],
    ["app", "app", undefined, false],
    ["myapp:app", "myapp", "app", false],
    ["./app.ts:createApp()", "./app.ts", "createApp", true],
    ["./app.ts:default", "./app.ts", "default", false],
    ["@scope/app:$app_1", "@scope/app", "$app_1", false],
    ["./app.ts:größe", "./app.ts", "größe", false],
    ["./a:b/app.ts", "./a:b/app.ts", undefined, false],
    ["./a:b/app.ts:app", "./a:b/app.ts", "app", false],
    ["./we:ird.ts", "./we:ird.ts", undefined, false],
    ["./we:ird.mjs:app()", "./we:ird.mjs", "app", true],
    ["/srv/my app/app.tsx", "/srv/my app/app.tsx", undefined, false],
  ])("%p is the module %p, export %p, called: %p", (app, module, exportName, call) => {
    expect(parseAppReference(app)).toEqual({ ok: true, module, exportName, call });
  });

  test.each([
    ["", "it names no module"],
    [":app", 'there is no module before ":"'],
    ["app:", '"" is neither the name of an export'],
    ["./app.ts:1st", '"1st" is neither the name of an export'],
    ["./app.ts:a-b", '"a-b" is neither the name of an export'],
    ["./app.ts:a.b", '"a.b" is neither the name of an export'],
    ["./app.ts:create(1)", '"create(1)" is neither the name of an export'],
    ["./app.ts:()", '"()" is neither the name of an export'],
  ])("%p is refused: %s", (app, error) => {
    expect(parseAppReference(app)).toEqual({ ok: false, error: expect.stringContaining(error) });
  });
});

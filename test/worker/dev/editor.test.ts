// The links that open a file in an editor.
import { expect, test } from "bun:test";
import { editorLink } from "../../../src/worker/dev/editor.ts";

const place = { file: "/srv/my app/a#b?.ts", line: 3, column: 5 };
const PATH = "/srv/my%20app/a%23b%3F.ts";

test.each<[Record<string, string>, string | undefined]>([
  [{}, `vscode://file${PATH}:3:5`],
  [{ EDITOR: "" }, `vscode://file${PATH}:3:5`],
  [{ EDITOR: "/usr/bin/code --wait" }, `vscode://file${PATH}:3:5`],
  [{ EDITOR: "vim", VISUAL: "cursor -w" }, `cursor://file${PATH}:3:5`],
  [{ EDITOR: "zed" }, `zed://file${PATH}:3:5`],
  [{ EDITOR: "webstorm" }, "webstorm://open?file=%2Fsrv%2Fmy%20app%2Fa%23b%3F.ts&line=3&column=5"],
  [{ EDITOR: "vi", npm_execpath: "/usr/bin/npm" }, `vscode://file${PATH}:3:5`],
  [{ EDITOR: "vi" }, undefined],
  [{ EDITOR: "vim" }, undefined],
  [{ EDITOR: "constructor" }, undefined],
])("%p → %s", (env, link) => {
  expect(editorLink(place, env)).toBe(link);
});

test("a place inside the executable has no link", () => {
  expect(editorLink({ file: "app.ts", line: 1, column: 1 }, {})).toBeUndefined();
});

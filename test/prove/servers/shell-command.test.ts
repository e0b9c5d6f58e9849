// Where the shell makes room for the server, so that a signal reaches it.
import { expect, test } from "bun:test";
import { inPlaceOfShell } from "../../../src/prove/servers/shell-command.ts";

test.each([
  ["node server.js", "exec node server.js"],
  [" bun run 'a b.ts' --port=$PORT ", "exec bun run 'a b.ts' --port=$PORT"],
  ["./start.sh", "exec ./start.sh"],
  ["../bin/server -x", "exec ../bin/server -x"],
  ["/usr/bin/node x", "exec /usr/bin/node x"],
  ["executor --run", "exec executor --run"],
  ["exec node x", "exec node x"],
  ["cd app && node x", "cd app && node x"],
  ["A=1 node x", "A=1 node x"],
  [". ./env", ". ./env"],
  ["exit 3", "exit 3"],
  ["node x | tee log", "node x | tee log"],
  ["node x > log", "node x > log"],
  ["node $(cat entry)", "node $(cat entry)"],
  ["node a\nnode b", "node a\nnode b"],
])("%p becomes %p", (command, expected) => {
  expect(inPlaceOfShell(command)).toBe(expected);
});

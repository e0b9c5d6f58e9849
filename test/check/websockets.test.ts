// What `pounce check` says about whose WebSockets get what an app publishes.
import { expect, test } from "bun:test";
import { webSocketFindings } from "../../src/check/websockets.ts";

test.each([
  [{}, 4, []],
  [{ publish: "server" }, 4, ["WebSockets of this server: those of all 4 workers"]],
  [{ publish: "server" }, 1, ["WebSockets of this server: those of its one worker"]],
])("with %j and %d workers", (websocket, workers, expected) => {
  const found = webSocketFindings({ websocket, workers });
  expect(found.map(({ level, name }) => [level, name])).toEqual(
    expected.map(() => ["ok", "websocket.publish"]),
  );
  expect(found.map(({ found: words }) => words)).toEqual(
    expected.map((whose) => `what is published reaches ${whose}`),
  );
});

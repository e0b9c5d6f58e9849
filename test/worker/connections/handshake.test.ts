// What of a request's headers may begin a WebSocket, apart from what Bun looks at itself.
import { expect, test } from "bun:test";
import { isHandshake } from "../../../src/worker/connections/handshake.ts";

const UPGRADE = "Upgrade";

test.each([
  [{ connection: UPGRADE }, true],
  [{ connection: "keep-alive, Upgrade" }, true],
  [{ connection: "upgrade,keep-alive" }, true],
  [{ connection: "close,\tUPGRADE\t, x" }, true],
  [{ connection: UPGRADE, "content-length": "0" }, true],
  [{}, false],
  [{ connection: "keep-alive" }, false],
  [{ connection: "upgrades" }, false],
  [{ connection: "x-upgrade" }, false],
  [{ connection: "not upgrade" }, false],
  [{ connection: UPGRADE, "content-length": "2" }, false],
  [{ connection: UPGRADE, "transfer-encoding": "chunked" }, false],
])("%j: %p", (headers: Record<string, string>, isOne) => {
  expect(isHandshake(new Headers(headers))).toBe(isOne);
});

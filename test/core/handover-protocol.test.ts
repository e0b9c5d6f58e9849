// Which protocol two builds of a handover speak.
import { expect, test } from "bun:test";
import { commonProtocol, PROTOCOLS } from "../../src/core/handover-protocol.ts";

test("the protocol is the highest that both sides speak", () => {
  expect(commonProtocol([...PROTOCOLS, 99])).toBe(PROTOCOLS.at(-1));
});

test("there is none with a build that speaks others", () => {
  for (const theirs of [[0], [99], []]) expect(commonProtocol(theirs)).toBeUndefined();
});

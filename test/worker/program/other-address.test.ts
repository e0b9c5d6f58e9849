// What is said when a program asks for another address than pounce's.
import { expect, test } from "bun:test";
import { otherAddressRemark } from "../../../src/worker/program/other-address.ts";

const INSTEAD = "; pounce serves it on its own address instead";

test.each([
  [
    "another port, with what to set",
    { port: 3000 },
    [8000],
    `./s.ts asks for port 3000${INSTEAD}. If it is to be 3000: port = 3000 in the configuration, or --port 3000`,
  ],
  ["another port that is a text", { port: "3000" }, [8000], /^\.\/s\.ts asks for port 3000;/],
  ["a port of its own, while ours is not known", { port: 3000 }, [0], /asks for port 3000;/],
  [
    "a Unix socket",
    { unix: "/run/s.sock" },
    [8000],
    `./s.ts asks for the Unix socket /run/s.sock${INSTEAD}`,
  ],
] as const)("%s", (_what, options, ports, expected) => {
  expect(otherAddressRemark("./s.ts", options, ports)).toMatch(expected);
});

test.each([
  ["our port", { port: 8000 }, [8000]],
  ["one of our ports", { port: "8001" }, [8000, 8001]],
  ["any port", { port: 0 }, [8000]],
  ["no port", {}, [8000]],
  ["no port by name", { port: undefined }, [8000]],
] as const)("nothing, where it asks for %s", (_what, options, ports) => {
  expect(otherAddressRemark("./s.ts", options, ports)).toBeUndefined();
});

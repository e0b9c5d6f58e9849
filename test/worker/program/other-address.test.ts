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
  ["another server of it, which may be the one to serve", [8080, 9100], "on 8080: port = 8080"],
  ["no server on any port", [0], ". If it is to be 9100: port = 9100 in"],
])("it names %s", (_what, others, expected) => {
  const told = otherAddressRemark("./s.ts", { port: 9100 }, [8000], { others });
  expect(told).toContain(expected);
  expect(told?.includes("the one to serve")).toBe(others.some((it) => it > 0));
});

test("it says that the wait for ours takes time, and what ends that", () => {
  const told = otherAddressRemark("./s.ts", { port: 3000 }, [8000], { hasWaited: true });
  expect(told).toBe(
    `./s.ts asks for port 3000${INSTEAD}, after waiting in vain for a server on port 8000, which takes seconds. If it is to be 3000, without the wait: port = 3000 in the configuration, or --port 3000`,
  );
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

// What marks a client process.
import { expect, test } from "bun:test";
import { areOfClient, clientArguments } from "../../../src/prove/load/client-name.ts";

test.each([0, 7, 12])("the arguments of client %p are of a client", (number) => {
  expect(areOfClient(clientArguments(number))).toBeTrue();
  expect(clientArguments(number).join(" ")).toBe(`client ${number} of prove`);
});

test.each([
  "",
  "client",
  "client of prove",
  "client x of prove",
  "client 0 of prove --json",
  "prove",
])("%p is of none", (line) => {
  expect(areOfClient(line.split(" "))).toBeFalse();
});

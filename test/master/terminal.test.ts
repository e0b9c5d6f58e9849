// When SIGHUP means that the terminal has gone.
import { expect, test } from "bun:test";
import { Terminal } from "../../src/terminal.ts";

test("a signal is a hangup while the terminal has just gone, and a request before and long after", () => {
  let isThere = true;
  const terminal = new Terminal(
    () => isThere,
    () => false,
  );
  expect(terminal.isHangup(0)).toBe(false);
  isThere = false;
  expect(terminal.isHangup(1000)).toBe(true);
  expect(terminal.isHangup(2000)).toBe(true);
  expect(terminal.isHangup(60_000)).toBe(false);
});

test("a process without a terminal, or that was to ignore hangups, gets none", () => {
  expect(new Terminal(() => false).isHangup(0)).toBe(false);
  let isThere = true;
  const ignoring = new Terminal(
    () => isThere,
    () => true,
  );
  isThere = false;
  expect(ignoring.isHangup(0)).toBe(false);
});

// Steering programs, run by an interpreter.
import { expect, test } from "bun:test";
import { type Instruction, steeringProgram } from "../../src/net/filters.ts";

/** Runs a steering program as the kernel would, with `random` for its random number. */
function run(program: readonly Instruction[], random: number): number {
  let accumulator = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, jt, jf, k] = program[at] as Instruction;
    if (code === 0x20) accumulator = random;
    else if (code === 0x94) accumulator %= k;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x06) return k;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the program has no end");
}

test.each([[[0]], [[5]], [[0, 1]], [[2, 3, 7]], [Array.from({ length: 1024 }, (_, i) => i * 2)]])(
  "a program gives each index an equal share (case %#)",
  (indexes) => {
    const program = steeringProgram(indexes);
    const reached = indexes.map((_, random) => run(program, random));
    expect(reached).toEqual(indexes);
    expect(run(program, indexes.length * 3)).toBe(indexes[0] as number);
    expect(program.length).toBeLessThanOrEqual(4096);
  },
);

test("a program for nobody is refused", () => {
  expect(() => steeringProgram([])).toThrow("at least one");
});

// Runs a program in a process that pounce holds, as it holds its workers.
import { fileURLToPath } from "node:url";

const folder = new URL("../../src/worker/app/", import.meta.url);
const source = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, folder)));

/**
 * What a program prints. It is the body of an async function, and has all that is exported of
 * alive.ts and last-handlers.ts.
 */
export async function printed(program: string): Promise<string[]> {
  const code = `
    import { HeldEvents } from ${source("held-events.ts")};
    import { holdProcess, untilNothingIsAlive } from ${source("alive.ts")};
    import { cutOffNote, runHandlers } from ${source("last-handlers.ts")};
    const never = new AbortController();
    const isOver = () => untilNothingIsAlive(never.signal);
    holdProcess(new HeldEvents(["beforeExit"]));
    async function main() { ${program}; process.exit(); }
    void main();
  `;
  await using child = Bun.spawn([process.execPath, "-e", code], { stderr: "inherit" });
  return (await new Response(child.stdout).text()).split("\n").slice(0, -1);
}

// One run: all measurements that were chosen, one after the other, into one record.
import { MEASURES } from "./measures.ts";
import type { Options } from "./options.ts";
import { Progress } from "./progress.ts";
import { describeMachine, FORMAT, type Record, versionOf } from "./record.ts";
import type { Workspace } from "./workspace.ts";

/** The load average from which a machine is plainly not idle. */
const BUSY = 0.5;

/** Measures what was chosen, and says on stderr how far it is. */
export async function measureAll(options: Options, workspace: Workspace): Promise<Record> {
  const machine = describeMachine();
  const { before, pounce } = workspace;
  const versions = {
    pounce: versionOf(pounce),
    ...(before === undefined ? {} : { before: versionOf(before) }),
  };
  console.error(Object.values(versions).join("\nagainst "));
  const busy = machine.loadAverage > BUSY ? "; NOT IDLE, what follows is partly noise" : "";
  const average = `load average ${machine.loadAverage.toFixed(2)}${busy}`;
  console.error(`${machine.kernel}, ${machine.processors} processors, ${average}`);
  const chosen = options.names.flatMap((name) => {
    const measure = MEASURES[name];
    return measure === undefined ? [] : [{ name, ...measure, seconds: measure.seconds(options) }];
  });
  const progress = new Progress(chosen, (text) => console.error(text));
  const date = new Date().toISOString();
  const command = ["bun", "scripts/bench.ts", ...process.argv.slice(2)].join(" ");
  const measures: Record["measures"][number][] = [];
  for (const { name, run } of chosen) {
    progress.begin();
    const startMs = performance.now();
    const findings = await run({ ...options, workspace, progress });
    const tookSeconds = (performance.now() - startMs) / 1000;
    measures.push({ name, tookSeconds, ...findings });
  }
  return { format: FORMAT, date, command, machine, versions, rounds: options.rounds, measures };
}

// What it costs to publish to the WebSockets of several workers (`websocket.publish = "server"`),
// against one worker, which has them all: 64 subscribers of one topic, of which one publishes.
import { LoadClient } from "./load/calls.ts";
import type { PublishCalls } from "./load/publish-client.ts";
import { rotated } from "./goals/subjects.ts";
import { type Bench, type Findings, repeat } from "./measure.ts";
import { cpuMicros } from "./proc.ts";
import { type Row, shown } from "./report.ts";
import { benchFile, Pounce } from "./servers.ts";
import { estimate, estimateRatio, median } from "./statistics.ts";

const APP = "apps/publish.ts";
const SUBSCRIBERS = 64;
const PAYLOAD = 100;
const WARM_UP_SECONDS = 0.5;

/** How many workers each has. The last one is the first one again. */
const WORKERS = { one: 1, two: 2, four: 4, again: 1 } as const;
type Name = keyof typeof WORKERS;
const NAMES: readonly Name[] = ["one", "two", "four", "again"];

interface Found {
  readonly messagesPerSecond: number;
  /** Of all workers, for a message that is published. */
  readonly cpuMicrosPerMessage: number;
}

type Round = Readonly<Record<Name, Found>>;

export async function publish(bench: Bench): Promise<Findings> {
  const rounds = await repeat<Round>(bench, bench.rounds, async (number) => {
    const found: Partial<Record<Name, Found>> = {};
    for (const name of rotated(NAMES, number)) found[name] = await measure(bench, WORKERS[name]);
    return found as Round;
  });
  return { rows: (["two", "four"] as const).flatMap((name) => report(rounds, name)), rounds };
}

async function measure({ workspace, seconds }: Bench, workers: number): Promise<Found> {
  const flags = workers === 1 ? [] : ["--websocket-publish", "server"];
  const pounce = await Pounce.start(workspace, benchFile(APP), { workers, flags });
  const client = new LoadClient<PublishCalls>("publish-client.ts");
  await client.call("open", { port: pounce.port, subscribers: SUBSCRIBERS });
  await client.call("run", { seconds: WARM_UP_SECONDS, payload: PAYLOAD });
  const look = (): number => pounce.workers().reduce((sum, pid) => sum + cpuMicros(pid), 0);
  const before = look();
  const { messages, ms } = await client.call("run", { seconds, payload: PAYLOAD });
  const cpu = look() - before;
  await client.call("close", null);
  await Promise.all([client.end(), pounce.end()]);
  return { messagesPerSecond: (messages * 1000) / ms, cpuMicrosPerMessage: cpu / messages };
}

function report(rounds: readonly Round[], name: "two" | "four"): Row[] {
  const of = (which: Name, key: keyof Found): number[] => rounds.map((round) => round[which][key]);
  const row = (what: string, key: keyof Found, unit: string): Row =>
    shown({
      requirement: `${what}, ${WORKERS[name]} workers / 1`,
      unit: "ratio",
      measured: estimate(
        rounds.map((round) => (2 * round[name][key]) / (round.one[key] + round.again[key])),
      ),
      control: estimateRatio(of("again", key), of("one", key)),
      detail: `${median(of(name, key)).toFixed(1)} / ${median(of("one", key)).toFixed(1)} ${unit}`,
    });
  return [
    row(`messages published to ${SUBSCRIBERS} WebSockets`, "messagesPerSecond", "/s"),
    row("  server CPU of a message", "cpuMicrosPerMessage", "µs"),
  ];
}

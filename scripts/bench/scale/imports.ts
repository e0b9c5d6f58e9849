// Apps whose import keeps a processor busy for 10 ms, 1 s and 5 s: how long a start and a reload
// take beyond that, and beside a naive rolling restart.
import { join } from "node:path";
import { untilAnswer } from "../http.ts";
import type { Bench, Findings } from "../measure.ts";
import { Naive } from "../naive.ts";
import { type Row, shown } from "../report.ts";
import { freePort, Pounce } from "../servers.ts";
import { median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import { repeatSized, sized, type SizedRound } from "./rounds.ts";

const IMPORTS_MS = [10, 1_000, 5_000];
const PAUSE_MS = 100;

interface Times {
  readonly startMs: number;
  /** From HUP to the first answer of the new version. */
  readonly newAfterMs: number;
  /** From HUP to the end of the old workers. */
  readonly completeMs: number;
}

type Found = Record<"pounce" | "naive", Times>;

export async function imports(bench: Bench): Promise<Findings> {
  const rounds = await repeatSized(bench, IMPORTS_MS, async (importMs) => ({
    pounce: await measure(bench, "pounce", importMs),
    naive: await measure(bench, "naive", importMs),
  }));
  return { rows: IMPORTS_MS.flatMap((importMs) => report(rounds, importMs)), rounds };
}

/** An app that answers with its version. */
function sourceOf(importMs: number, version: string): string {
  return (
    `const endMs = performance.now() + ${importMs};\n` +
    `while (performance.now() < endMs);\n` +
    `export default { fetch: () => new Response("${version}") };\n`
  );
}

async function measure({ workspace }: Bench, name: keyof Found, importMs: number): Promise<Times> {
  const app = join(workspace.dir, `import-${importMs}-${name}.ts`);
  await Bun.write(app, sourceOf(importMs, "v0"));
  const port = freePort();
  const startedMs = performance.now();
  const start = name === "pounce" ? Pounce.start : Naive.start;
  const starting: Promise<Pounce | Naive> = start(workspace, app, { port });
  await untilAnswer(port, "v0");
  const startMs = performance.now() - startedMs;
  const server = await starting;
  await Bun.write(app, sourceOf(importMs, "v1"));
  const sentMs = performance.now();
  const { complete } = server.reload();
  await untilAnswer(port, "v1");
  const newAfterMs = performance.now() - sentMs;
  await complete;
  const completeMs = performance.now() - sentMs;
  await server.end();
  await Bun.sleep(PAUSE_MS);
  return { startMs, newAfterMs, completeMs };
}

function report(rounds: readonly SizedRound<Found>[], importMs: number): Row[] {
  const row = (what: string, key: keyof Times): Row => {
    const naive = median(rounds.map((round) => round[importMs]?.naive[key] ?? Number.NaN));
    return shown({
      requirement: `${what}, an import of ${importMs} ms`,
      unit: "ms",
      measured: sized(rounds, importMs, ({ pounce }) => pounce[key]),
      detail: `naive: ${formatValue(naive, "ms")}`,
    });
  };
  return [
    row("start to first answer", "startMs"),
    row("HUP to first new answer", "newAfterMs"),
    row("HUP to the end of the old workers", "completeMs"),
  ];
}

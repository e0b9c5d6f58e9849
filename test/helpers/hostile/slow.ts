// Slow clients beside a test, and normal ones that measure what they make of the server.
import { fileURLToPath } from "node:url";
import { ask, exchange, RawSocket } from "../requests.ts";

interface SlowState {
  readonly open: number;
  /** By kind: ended by the server, and opened again. */
  readonly ended: Readonly<Record<string, number>>;
}

export interface SlowClients {
  state(): Promise<SlowState>;
  stop(): Promise<void>;
}

/** Starts them in a process of their own, and waits until all have been opened. */
export async function startSlowClients(port: number, count: number): Promise<SlowClients> {
  const script = fileURLToPath(new URL("slow-clients.ts", import.meta.url));
  const child = Bun.spawn([process.execPath, script, `${port}`, `${count}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const state = async (): Promise<SlowState> => {
    child.stdin.write("\n");
    await child.stdin.flush();
    const { value = "" } = await lines.read();
    return JSON.parse(value) as SlowState;
  };
  const stop = async (): Promise<void> => {
    await child.stdin.end();
    await child.exited;
  };
  for (;;) {
    if ((await state()).open >= count * 0.98) return { state, stop };
    await Bun.sleep(50);
  }
}

export interface Measured {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly failures: readonly string[];
}

/** Four clients that keep their connections, and four with one for each request, until `end`. */
export async function measure(
  { port }: { port: number },
  end: Promise<unknown>,
): Promise<Measured> {
  const latencies: number[] = [];
  const failures: string[] = [];
  const over = new AbortController();
  void end.finally(() => over.abort());
  const timed = async (action: () => Promise<{ status: number }>): Promise<void> => {
    const sinceMs = performance.now();
    try {
      const { status } = await action();
      if (status !== 200) failures.push(`${status}`);
    } catch (error) {
      failures.push(String(error));
    }
    latencies.push(performance.now() - sinceMs);
    await Bun.sleep(2);
  };
  const keeping = async (): Promise<void> => {
    let socket = await RawSocket.connect("127.0.0.1", port);
    while (!over.signal.aborted) {
      await timed(async () => {
        const reply = await exchange(socket, { path: "/" });
        if (reply.closes) socket.close();
        if (reply.closes) socket = await RawSocket.connect("127.0.0.1", port);
        return reply;
      });
    }
    socket.close();
  };
  const connecting = async (): Promise<void> => {
    while (!over.signal.aborted) await timed(() => ask({ port }));
  };
  await Promise.all(
    [keeping, keeping, keeping, keeping, ...Array(4).fill(connecting)].map((it) => it()),
  );
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { requests: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1), failures };
}

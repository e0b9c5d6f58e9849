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
  /** Waits until so many are open at once. */
  untilOpen(count: number): Promise<SlowState>;
  stop(): Promise<void>;
}

/** Starts them in a process of their own, and waits until all have been opened. */
export async function startSlowClients(
  port: number,
  count: number,
  ...kind: "tls"[]
): Promise<SlowClients> {
  const script = fileURLToPath(new URL("slow-clients.ts", import.meta.url));
  const child = Bun.spawn([process.execPath, script, `${port}`, `${count}`, ...kind], {
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
  const untilOpen = async (wanted: number): Promise<SlowState> => {
    for (;;) {
      const now = await state();
      if (now.open >= wanted) return now;
      await Bun.sleep(50);
    }
  };
  await untilOpen(count * 0.98);
  return { state, untilOpen, stop };
}

export interface Measured {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly failures: readonly string[];
}

/** One request, which must be answered with 200. */
type Ask = () => Promise<{ readonly status: number }>;

/** A client that keeps its connection for as long as the server does. */
function keepingClient(port: number): Ask {
  let socket: RawSocket | undefined;
  return async () => {
    socket ??= await RawSocket.connect("127.0.0.1", port);
    const reply = await exchange(socket, { path: "/" });
    if (!reply.closes) return reply;
    socket.close();
    socket = undefined;
    return reply;
  };
}

/** A client of TLS, by `fetch`. */
function tlsClient(port: number, keepalive: boolean): Ask {
  return async () => {
    const tls = { rejectUnauthorized: false };
    const response = await fetch(`https://127.0.0.1:${port}/`, { keepalive, tls });
    await response.text();
    return response;
  };
}

/** Four clients that keep their connections, and four with one for each request, until `end`. */
export function measure({ port }: Port, end: Promise<unknown>): Promise<Measured> {
  const keeping = Array.from({ length: 4 }, () => keepingClient(port));
  return measured([...keeping, ...Array<Ask>(4).fill(() => ask({ port }))], end);
}

/** The same over TLS. */
export function measureTls({ port }: Port, end: Promise<unknown>): Promise<Measured> {
  const clients = [true, false].map((keepalive) => tlsClient(port, keepalive));
  return measured([...clients, ...clients, ...clients, ...clients], end);
}

interface Port {
  readonly port: number;
}

async function measured(clients: readonly Ask[], end: Promise<unknown>): Promise<Measured> {
  const latencies: number[] = [];
  const failures: string[] = [];
  const over = new AbortController();
  void end.finally(() => over.abort());
  const goOn = async (askOnce: Ask): Promise<void> => {
    while (!over.signal.aborted) {
      const sinceMs = performance.now();
      try {
        const { status } = await askOnce();
        if (status !== 200) failures.push(`${status}`);
      } catch (error) {
        failures.push(String(error));
      }
      latencies.push(performance.now() - sinceMs);
      await Bun.sleep(2);
    }
  };
  await Promise.all(clients.map(goOn));
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { requests: sorted.length, p50: at(0.5), p99: at(0.99), longest: at(1), failures };
}

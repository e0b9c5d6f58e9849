// A burst of clients of TLS to one process, which gets all of them in one turn of its event loop:
// normal ones, and after them many that connect and say nothing.
import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

const LONGEST_MS = 10_000;

export interface Burst {
  /** Resolve with the milliseconds from the burst to the answer; reject when there is none. */
  readonly answers: readonly Promise<number>[];
  /** Ends the silent ones. */
  end(): void;
}

/** @param pid who accepts on `port`, alone; stands still until all have come */
export async function burst(
  port: number,
  pid: number,
  { normal, silent }: { readonly normal: number; readonly silent: number },
): Promise<Burst> {
  const others: Socket[] = [];
  const asking: ((sinceMs: number) => Promise<number>)[] = [];
  process.kill(pid, "SIGSTOP");
  try {
    for (let index = 0; index < normal; index++) asking.push(ask(port));
    await untilQueued(port, normal);
    for (let index = 0; index < silent; index++) {
      others.push(connectTcp(port, "127.0.0.1").on("error", () => undefined));
    }
    await untilQueued(port, normal + silent);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  const sinceMs = performance.now();
  const end = (): void => others.forEach((socket) => socket.destroy());
  return { answers: asking.map((answered) => answered(sinceMs)), end };
}

function ask(port: number): (sinceMs: number) => Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }, () =>
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
  );
  socket.once("data", (answer: Buffer) => {
    const words = answer.toString("latin1", 0, 12);
    if (words === "HTTP/1.1 200") resolve(performance.now());
    else reject(new Error(words));
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("closed without an answer")));
  // It may be late, not unhandled.
  promise.catch(() => undefined);
  return async (sinceMs) => (await promise) - sinceMs;
}

/** Waits until so many connections wait to be accepted. A silent one may take a second for it. */
async function untilQueued(port: number, count: number): Promise<void> {
  const digits = port.toString(16).toUpperCase().padStart(4, "0");
  const row = new RegExp(`:${digits} 0{8}:0000 0A [0-9A-F]{8}:([0-9A-F]{8})`);
  const untilMs = performance.now() + LONGEST_MS;
  for (;;) {
    const queued = Number.parseInt(
      row.exec(readFileSync("/proc/net/tcp", "latin1"))?.[1] ?? "",
      16,
    );
    if (queued >= count) return;
    if (performance.now() > untilMs) throw new Error(`${queued} of ${count} connections wait`);
    await Bun.sleep(5);
  }
}

// Sends mutated requests on many connections at a time, and checks that no answer names another
// connection than the one it came on.
import type { Socket } from "bun";
import { markerOf, markersIn } from "./marker.ts";
import { mutated, validRequest } from "./mutate.ts";
import type { Random } from "./random.ts";

export interface AttackResult {
  requests: number;
  connections: number;
  /** Answers by their status. */
  readonly statuses: Record<string, number>;
  /** What came to the wrong connection. */
  readonly wrong: string[];
}

interface Options {
  readonly port: number;
  readonly random: Random;
  /** Of mutated requests. */
  readonly requests: number;
  /** How many connections are open at a time. */
  readonly width?: number;
  readonly untilMs: number;
  /** Number of the first connection, for its name. */
  readonly from: number;
  /** A path without a name, for some of the connections. */
  readonly other?: string | undefined;
  /** What is sent on a connection, as characters of one byte. Left out: requests of HTTP/1.1. */
  readonly make?: (random: Random, path: string) => string[];
}

/** So long after the last byte nothing more is expected. */
const QUIET_MS = 25;
const LONGEST_MS = 400;

/** Sends them until they are enough, or the time is up. */
export async function attack(options: Options): Promise<AttackResult> {
  const result: AttackResult = {
    requests: 0,
    connections: 0,
    statuses: {},
    wrong: [],
  };
  const { make = requestsOf } = options;
  const oneAfterAnother = async (): Promise<void> => {
    while (result.requests < options.requests && performance.now() < options.untilMs) {
      const id = options.from + result.connections++;
      const other = options.random.is(0.3) ? options.other : undefined;
      const texts = make(options.random, other ?? `/${markerOf(id)}`);
      result.requests += texts.length;
      const parts = partsOf(texts.join(""), options.random);
      await onConnection(options.port, parts).then(
        (got) => note(result, id, parts, got),
        () => undefined,
      );
    }
  };
  await Promise.all(Array.from({ length: options.width ?? 100 }, oneAfterAnother));
  return result;
}

function requestsOf(random: Random, path: string): string[] {
  return textsOf(random).map((text) => text.replaceAll("PATH", path));
}

/** One to four requests; the last is right now and then: it must get its own answer, or none. */
function textsOf(random: Random): string[] {
  if (random.is(0.3)) return [random.is(0.8) ? validRequest(random) : mutated(random)];
  const texts = Array.from({ length: 1 + random.below(3) }, () =>
    random.is(0.25) ? validRequest(random) : mutated(random),
  );
  if (random.is(0.3)) texts.push("GET PATH/last HTTP/1.1\r\nHost: a\r\n\r\n");
  return texts;
}

/** One part, or two with a pause between them, mostly where one of the last lines begins. */
function partsOf(text: string, random: Random): string[] {
  if (text === "" || random.is(0.4)) return [text];
  const lines = [...text.matchAll(/\r\n/g)].map(({ index }) => index + 2).slice(-5, -1);
  const isAnywhere = lines.length === 0 || random.is(0.3);
  const at = isAnywhere ? random.below(text.length) : random.of(lines);
  return [text.slice(0, at), text.slice(at)];
}

/** Sends the parts. Resolves to what came, once nothing more comes. */
function onConnection(port: number, parts: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  let timer: Timer | undefined;
  const end = (socket: Socket): void => {
    clearTimeout(timer);
    socket.terminate();
    resolve(text);
  };
  const wait = (socket: Socket, ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(end, ms, socket);
  };
  const send = async (socket: Socket): Promise<void> => {
    for (const part of parts) {
      socket.write(Buffer.from(part, "latin1"));
      await Bun.sleep(1);
    }
  };
  const socket = {
    open: (opened: Socket) => {
      wait(opened, LONGEST_MS);
      void send(opened);
    },
    data: (from: Socket, bytes: Buffer) => {
      text += bytes.toString("latin1");
      wait(from, QUIET_MS);
    },
    close: (closed: Socket) => end(closed),
    error: (failed: Socket) => end(failed),
    connectError: (_: Socket, error: Error) => reject(error),
  };
  Bun.connect({ hostname: "127.0.0.1", port, socket }).catch(reject);
  return promise;
}

function note(result: AttackResult, id: number, parts: readonly string[], got: string): void {
  for (const [, status = ""] of got.matchAll(/HTTP\/1\.\d (\d{3})/g)) {
    result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  }
  if (markersIn(got).some((named) => named !== id)) {
    result.wrong.push(`${JSON.stringify(parts)} got ${JSON.stringify(got)}`);
  }
}

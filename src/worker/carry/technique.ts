// Tries on connections of pounce's own what the carry of WebSockets does with those of clients: to
// put one in the place of another, and to tell whether Bun is between two messages. Bun promises
// neither. So each worker tries both before it carries the first one. If anything is not as it
// should be, nothing is carried.
import { randomBytes } from "node:crypto";
import type { Poll, Polls } from "../../net/polls.ts";
import { unreadBytes } from "../../net/socket-options.ts";
import { closeDescriptor } from "../../os/descriptors.ts";
import { nextTurn } from "../../os/next-turn.ts";
import { clientFrame } from "./frames.ts";
import { ownHandshake, readAnswer } from "../movable/handshake-request.ts";
import { copyOf, findParserState, isBetweenMessages, memoryOf } from "./parser-state.ts";
import { Places } from "./places.ts";
import { connectAs, connectedPair, duplicate, readNow, write } from "./raw-socket.ts";
import { Patience } from "./patience.ts";
import { transplant } from "./transplant.ts";
import type { ServeTrial } from "./trial-servers.ts";

/** What was found out. */
export interface Technique {
  /** Where in the memory of a connection the state of Bun's parser is, see parser-state.ts. */
  readonly parserAt: number;
}

const TRY_WITHIN_MS = 2000;
const TEXT = 0x81;
const FIRST_PART = 0x01;
const LAST_PART = 0x80;
const PING = 0x89;

const tried = new Map<ServeTrial, Promise<Technique>>();

/**
 * The technique, tried in each process until it works. Rejects with what is not as it should be.
 * @param polls what Bun's event loop waits for
 * @param serve as the app's WebSockets are served
 */
export function technique(polls: Polls, serve: ServeTrial): Promise<Technique> {
  const found =
    tried.get(serve) ??
    tryIt(polls, serve).catch((error: unknown) => {
      // It may have been a shortage that has passed by the next time.
      tried.delete(serve);
      throw error;
    });
  tried.set(serve, found);
  return found;
}

async function tryIt(polls: Polls, serve: ServeTrial): Promise<Technique> {
  const path = `pounce-try-${process.pid}-${randomBytes(8).toString("hex")}`;
  const got: string[] = [];
  const open: Bun.ServerWebSocket<unknown>[] = [];
  const opened = (socket: Bun.ServerWebSocket<unknown>): void => void open.push(socket);
  const stop = await serve(path, opened, (message) => void got.push(message));
  const own: number[] = [];
  try {
    const connect = async (): Promise<Place> => {
      const name = `@${path}-${own.length}`;
      const client = connectAs(name, `@${path}`);
      own.push(client);
      write(client, Buffer.from(`${ownHandshake("/")}\r\n`));
      const count = open.length;
      await until("a WebSocket was not opened", () => open.length > count);
      await until("an upgrade was not answered", () => {
        const answer = readNow(client);
        return answer !== undefined && readAnswer(answer.toString("latin1"))?.isUpgraded === true;
      });
      const fd = new Places().find([name], client).get(name);
      if (fd === undefined) throw new Error("the descriptor of a connection was not found");
      // Each of the two takes time where there are many connections.
      await nextTurn();
      const poll = polls.of(fd);
      await nextTurn();
      if (poll === undefined) throw new Error("no event loop waits on it");
      return { fd, poll, client, socket: open[count] as Bun.ServerWebSocket<unknown> };
    };
    const first = await connect();
    const parserAt = await findState(polls, first, got);
    // It leaves as a client's would, and comes into the place of another one.
    const [ours, theirs] = connectedPair();
    own.push(ours, theirs);
    const second = await connect();
    transplant(polls, second.fd, second.poll, theirs);
    await echo(ours, "one", got);
    const memory = memoryOf(second.poll);
    if (memory === undefined || !isBetweenMessages(memory, parserAt)) {
      throw new Error("the state of the parser is not where it was");
    }
    const copy = duplicate(second.fd);
    own.push(copy);
    second.socket.terminate();
    write(ours, clientFrame(TEXT, Buffer.from("two")));
    const third = await connect();
    transplant(polls, third.fd, third.poll, copy);
    await until("what came meanwhile was not read", () => got.at(-1) === "two");
    await until(
      "it was not answered",
      () => readNow(ours)?.toString("latin1").includes("two") === true,
    );
    return { parserAt };
  } finally {
    stop();
    for (const fd of own) closeDescriptor(fd);
    await Bun.sleep(0);
  }
}

interface Place {
  readonly fd: number;
  readonly poll: Poll;
  readonly client: number;
  readonly socket: Bun.ServerWebSocket<unknown>;
}

/** Brings a connection into each state of the parser. */
async function findState(
  polls: Polls,
  { fd, poll, client }: Place,
  got: readonly string[],
): Promise<number> {
  const memory = memoryOf(poll);
  if (memory === undefined) throw new Error("Bun notes no plain pointer beside a connection");
  const between: Uint8Array[] = [];
  const within: Uint8Array[] = [];
  const whole = clientFrame(TEXT, Buffer.from("word"));
  const send = async (bytes: Uint8Array): Promise<Uint8Array> => {
    write(client, bytes);
    // Bun parses what it has read before anything else.
    await until("a part of a frame was not read", () => unreadBytes(fd) === 0);
    return copyOf(memory);
  };
  const isSame = (): boolean => polls.of(fd)?.data === poll.data;
  between.push(copyOf(memory));
  within.push(await send(whole.subarray(0, 1)), await send(whole.subarray(1, 8)));
  between.push(await send(whole.subarray(8)));
  within.push(await send(clientFrame(FIRST_PART, Buffer.from("fir"))));
  within.push(await send(clientFrame(PING, Buffer.alloc(0))));
  within.push(await send(clientFrame(LAST_PART, Buffer.from("st")).subarray(0, 3)));
  between.push(await send(clientFrame(LAST_PART, Buffer.from("st")).subarray(3)));
  if (got.join(" ") !== "word first") throw new Error("messages did not arrive as they were sent");
  if (!isSame()) throw new Error("a connection has moved in memory");
  const at = findParserState(between, within);
  if (at === undefined) throw new Error("the state of Bun's parser was not found");
  return at;
}

async function echo(client: number, text: string, got: readonly string[]): Promise<void> {
  write(client, clientFrame(TEXT, Buffer.from(text)));
  await until("a connection in the place of another was not served", () => got.at(-1) === text);
  await until(
    "it was not answered",
    () => readNow(client)?.toString("latin1").includes(text) === true,
  );
}

async function until(otherwise: string, isDone: () => boolean): Promise<void> {
  const patience = new Patience(TRY_WITHIN_MS);
  while (!isDone()) {
    if (patience.isOver) throw new Error(otherwise);
    await nextTurn();
  }
}

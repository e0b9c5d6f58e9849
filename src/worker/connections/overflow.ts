// Connections that a full worker accepts past Bun, to answer them 503, without TLS. A health check
// is answered as ever: an orchestrator that takes a full server for a dead one makes it worse.
//
// Such a connection is read before it is closed, as a client that is reset may not see its answer.
import { openLibc, libc } from "../../os/libc.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_WR, SOCK_CLOEXEC } from "../../os/constants.ts";
import { asLastAnswer, lastAnswer } from "../http/problem.ts";

const SOCK_NONBLOCK = 0o4000;
/** At most so many at a time: others wait in the kernel. */
const MOST = 256;
/** How long one may take to ask, and then to take its answer. */
const PATIENCE_MS = 1000;

let opened: ReturnType<typeof open> | undefined;

function open() {
  return openLibc({
    accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  });
}

interface Guest {
  readonly fd: number;
  readonly untilMs: number;
  readonly isAnswered: boolean;
}

interface OverflowOptions {
  /** Undefined: there is no health check. */
  readonly healthCheckPath: string | undefined;
  readonly health: () => Response;
  readonly onRefused: () => void;
}

export class Overflow {
  #guests: Guest[] = [];
  readonly #heard = new Uint8Array(16_384);

  constructor(readonly options: OverflowOptions) {}

  /** How many there are. */
  get size(): number {
    return this.#guests.length;
  }

  /** Accepts those that wait at these listeners. */
  accept(listeners: readonly number[], nowMs: number): void {
    const { accept4 } = (opened ??= open());
    for (const listener of listeners) {
      while (this.#guests.length < MOST) {
        const fd = accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) break;
        this.#guests.push({ fd, untilMs: nowMs + PATIENCE_MS, isAnswered: false });
      }
    }
  }

  /** Answers those that have asked, and closes those that are done. */
  turn(nowMs: number): void {
    this.#guests = this.#guests.flatMap((guest) => this.#turn(guest, nowMs) ?? []);
  }

  /** Whoever has not asked yet is closed without an answer. */
  end(): void {
    this.turn(Infinity);
  }

  /** @returns undefined: it is closed */
  #turn(guest: Guest, nowMs: number): Guest | undefined {
    const { recv } = (opened ??= open());
    const length = BigInt(this.#heard.length);
    const read = Number(recv(guest.fd, this.#heard, length, MSG_DONTWAIT));
    if (read > 0 && !guest.isAnswered) {
      this.#answer(guest.fd, Buffer.from(this.#heard.subarray(0, read)).toString("latin1"));
      return { ...guest, untilMs: nowMs + PATIENCE_MS, isAnswered: true };
    }
    if (read !== 0 && nowMs < guest.untilMs) return guest;
    libc().close(guest.fd);
    return undefined;
  }

  #answer(fd: number, heard: string): void {
    const [method = "", target = ""] = heard.split(" ", 2);
    const { healthCheckPath, health, onRefused } = this.options;
    const isHealth = target.split("?", 1)[0] === healthCheckPath;
    if (isHealth && (method === "GET" || method === "HEAD")) {
      return void asLastAnswer(health(), method === "HEAD").then((answer) => say(fd, answer));
    }
    say(fd, lastAnswer(503, method === "HEAD"));
    onRefused();
  }
}

function say(fd: number, answer: Uint8Array): void {
  libc().send(fd, answer, BigInt(answer.length), MSG_NOSIGNAL | MSG_DONTWAIT);
  libc().shutdown(fd, SHUT_WR);
}

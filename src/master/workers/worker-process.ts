// One worker as the master sees it: the process, its messages, and the listeners it hands over.
import { Channel } from "../../ipc/channel.ts";
import { type FromWorker, kindOf, type ToWorker } from "../../ipc/messages.ts";
import { readFromWorker } from "../../ipc/read-message.ts";
import type { WorkerIdentity } from "../../ipc/worker-name.ts";
import type { Plan } from "../plan/plan.ts";
import { explainSpawn } from "./spawn-error.ts";
import {
  processStart,
  settingsOf,
  type ProcessStart,
  type StartedProcess,
  startProcess,
} from "./start-process.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import { type OutputSink, WorkerOutput } from "./worker-output.ts";
import { descendantsOf, endChildren } from "../../os/children.ts";
import { type LinkEnd, sendLink } from "../../ipc/links.ts";
import { closeDescriptor, receiveDescriptor, sendDescriptor } from "../../os/descriptors.ts";

export interface WorkerCallbacks {
  readonly onMessage: (message: FromWorker) => void;
  /**
   * The worker has sent an invalid message, or has closed its channel.
   * @param what it did, for the log
   */
  readonly onBroken: (what: string) => void;
  /** @param how `exit code 1` or `signal SIGKILL`. */
  readonly onExit: (how: string) => void;
  /** It was killed with processes that its app had started. @param told what became of them */
  readonly onChildrenEnded?: (told: string) => void;
  /** Takes the worker's output; see `WorkerOutput`. Without it, the output goes where ours goes. */
  readonly onOutput?: OutputSink | undefined;
}

export interface WorkerStart {
  readonly plan: Plan;
  /** The file to start it from. */
  readonly executable: string;
  /** The descriptor of the page to count in, if there is one to inherit. */
  readonly page: number | undefined;
  /** The descriptor that becomes its stdout if its output is not read; ours if not given. */
  readonly stdout?: number;
}

/**
 * How long the news of a worker's end may be delayed for its output. Less for a worker that has a
 * listener, because new connections come to it until then.
 */
const LAST_WORDS_MS = 500;
const LAST_WORDS_OF_LISTENER_MS = 50;

/** How long after its channel has closed the end of a process is noticed. */
const EXIT_SEEN_MS = 500;
/**
 * How long a worker without a channel has for its requests when it should drain, since nobody can
 * tell it to.
 */
const LAST_REQUESTS_MS = 2000;
/**
 * How long it may take to be replaced before that: it may have closed more than its channel, and
 * serve nothing.
 */
const REPLACED_WITHIN_MS = 10_000;
/** The most of an invalid message that is quoted. */
const MOST_QUOTED = 200;

export class WorkerProcess implements WorkerHandle {
  readonly #process: Bun.Subprocess;
  readonly #channel: Channel;
  /** Listeners arrive over it; undefined where they are not passed on. */
  readonly #listeners: number | undefined;
  readonly #output: WorkerOutput | undefined;
  #ended = false;
  readonly #closed = Promise.withResolvers<void>();
  #hasListener = false;
  readonly #tellOfChildren: WorkerCallbacks["onChildrenEnded"];
  /** It is running, but has closed its channel. */
  #isCutOff = false;

  /**
   * Spawns the process. Throws when that is impossible.
   * @param spawn starts it, or has started it
   */
  constructor(
    identity: WorkerIdentity,
    { plan, executable, page, stdout = 1 }: WorkerStart,
    callbacks: WorkerCallbacks,
    spawn: (start: ProcessStart) => StartedProcess = startProcess,
  ) {
    this.#tellOfChildren = callbacks.onChildrenEnded;
    try {
      this.#output = callbacks.onOutput && new WorkerOutput(callbacks.onOutput);
      const output = this.#output?.workersEnds;
      const start = processStart(identity, settingsOf(plan), { executable, page, stdout });
      const started = spawn({ ...start, output });
      started.onExit = (code, signal) => void this.#onExit(code, signal, callbacks);
      this.#process = started.subprocess;
      this.#listeners = started.listeners;
      this.#channel = new Channel(started.channel, {
        onValue: (value) => this.#receive(value, callbacks),
        onClosed: () => this.#onClosed(callbacks),
      });
    } catch (error) {
      throw explainSpawn(error, { executable, folder: plan.folder });
    } finally {
      this.#output?.closeWorkersEnds();
    }
  }

  async #onExit(
    code: number | null,
    signal: NodeJS.Signals | number | null,
    { onExit }: WorkerCallbacks,
  ): Promise<void> {
    // Its last output comes before the news of its end.
    await Promise.race([this.#closed.promise, Bun.sleep(LAST_WORDS_OF_LISTENER_MS)]);
    this.#ended = true;
    this.#channel.close();
    if (this.#output !== undefined) {
      const limitMs = this.#hasListener ? LAST_WORDS_OF_LISTENER_MS : LAST_WORDS_MS;
      await this.#output.untilSilent(limitMs);
    }
    onExit(signal === null ? `exit code ${code}` : `signal ${nameOf(signal)}`);
  }

  #receive(value: unknown, { onMessage, onBroken }: WorkerCallbacks): void {
    if (this.#ended) return;
    const message = readFromWorker(value);
    if (message !== undefined) return onMessage(message);
    onBroken(`sent an invalid message: ${JSON.stringify(value)?.slice(0, MOST_QUOTED)}`);
  }

  /**
   * Usually the end of the process closes the channel, and is noticed a moment later. Otherwise the
   * app closed it. Then the process is killed, but if possible only after it was replaced, so that
   * its requests are not cut off.
   */
  #onClosed({ onBroken }: WorkerCallbacks): void {
    this.#closed.resolve();
    setTimeout(() => {
      if (!this.#isAlive) return;
      this.#isCutOff = true;
      this.#killIn(REPLACED_WITHIN_MS);
      onBroken("closed its channel to the master; it will be killed once it is replaced");
    }, EXIT_SEEN_MS);
  }

  get #isAlive(): boolean {
    return !this.#ended && this.#process.exitCode === null;
  }

  #killIn(ms: number): void {
    setTimeout(() => this.#isAlive && this.kill(), ms).unref();
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: ToWorker): void {
    if (this.#isCutOff && message.type === "drain") this.#killIn(LAST_REQUESTS_MS);
    // A worker that reads so little gets no more messages: a deadline covers whatever it should do.
    this.#channel.send(message, kindOf(message));
  }

  takeListener(): number | undefined {
    if (this.#listeners === undefined) return undefined;
    const descriptor = receiveDescriptor(this.#listeners);
    this.#hasListener ||= descriptor !== undefined;
    return descriptor;
  }

  giveListener(descriptor: number): void {
    if (this.#listeners === undefined) throw new Error("no listeners can be passed here");
    sendDescriptor(this.#listeners, descriptor);
  }

  giveLink(peer: number, end: LinkEnd): void {
    if (this.#listeners === undefined) throw new Error("no links can be passed here");
    sendLink(this.#listeners, peer, end);
  }

  /** Ends what its app has started, too: it has no more time to do that. */
  kill(): void {
    const children = this.#ended ? [] : descendantsOf(this.pid);
    this.#process.kill("SIGKILL");
    const told = endChildren(children);
    if (told !== undefined) this.#tellOfChildren?.(told);
  }

  dispose(): void {
    for (let fd = this.takeListener(); fd !== undefined; fd = this.takeListener()) {
      closeDescriptor(fd);
    }
    if (this.#listeners !== undefined) closeDescriptor(this.#listeners);
  }
}

function nameOf(signal: NodeJS.Signals | number): string {
  return String(signal);
}

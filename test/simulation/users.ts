// Those who ask something of the server: by signals, and by commands over the control socket. They
// note what they were answered.
import type { ReloadResult } from "../../src/admin/protocol.ts";
import type { Answer } from "../../src/core/effects.ts";
import type { Until } from "../../src/core/events.ts";
import type { MasterSignal } from "../../src/signals.ts";
import type { MasterProcess } from "./world/master-process.ts";
import type { World } from "./world/world.ts";

/** A command, and what came of it. */
export interface Question {
  readonly what: "reload" | "scale" | "drain" | "stop" | "status";
  readonly process: MasterProcess;
  readonly askedMs: number;
}

export interface Answers {
  onReload(question: Question, until: Until, result: ReloadResult): void;
  onScale(question: Question, workers: number, result: Answer): void;
}

/** Between a grant and the moment in which the successor hears of it, nobody has the server. */
const ASK_AGAIN_MS = 10;

export class Users {
  /** Questions that were not answered. */
  readonly open = new Set<Question>();

  constructor(
    readonly world: World,
    readonly server: () => MasterProcess,
    /** The process that was started last to take over. */
    readonly successor: () => MasterProcess | undefined,
    readonly answers: Answers,
  ) {}

  /** Whoever signals the server looks up its process. */
  signal(signal: MasterSignal): void {
    const server = this.server();
    const isGone = !server.isAlive || server.master?.control.handedOver !== undefined;
    if (isGone && this.successor()?.isAlive === true) {
      this.world.add(ASK_AGAIN_MS, "outside", () => this.signal(signal));
    } else server.signal(signal);
  }

  reload(until: Until): void {
    this.#ask("reload", (control, question) =>
      control.reload(until).then((result) => this.answers.onReload(question, until, result)),
    );
  }

  scale(workers: number): void {
    this.#ask("scale", (control, question) =>
      control.scale(workers).then((result) => this.answers.onScale(question, workers, result)),
    );
  }

  drain(forMs: number): void {
    this.#ask("drain", (control) => control.drain(forMs));
  }

  stop(): void {
    this.#ask("stop", (control) => control.stop());
  }

  status(): void {
    this.#ask("status", (control) => control.snapshot());
  }

  #ask(
    what: Question["what"],
    ask: (control: Control, question: Question) => Promise<unknown>,
  ): void {
    const process = this.server();
    const { master } = process;
    // The control socket answers nothing else once the server is another process's.
    if (!process.isAlive || master === undefined || master.control.handedOver !== undefined) return;
    const question: Question = { what, process, askedMs: this.world.nowMs };
    this.open.add(question);
    process.attempt(() => {
      ask(master.control, question).then(
        () => this.#answered(question),
        (error: unknown) => this.world.violate("answers", `${what} throws ${String(error)}`),
      );
    });
  }

  #answered(question: Question): void {
    if (this.open.delete(question)) return;
    this.world.violate("answers", `a ${question.what} command is answered twice`);
  }
}

type Control = NonNullable<MasterProcess["master"]>["control"];

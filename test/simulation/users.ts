// The users of the server: they send signals, and commands over the control socket.
import type { Until } from "../../src/core/events.ts";
import type { Control } from "../../src/master/control.ts";
import type { MasterSignal } from "../../src/signals.ts";
import type { MasterProcess } from "./world/master-process.ts";
import type { World } from "./world/world.ts";

/** A command that waits for its answer. */
interface Question {
  readonly what: "reload" | "rollback" | "scale" | "drain" | "stop" | "status";
  readonly process: MasterProcess;
}

/** Between a grant and the moment when the successor hears of it, nobody has the server. */
const ASK_AGAIN_MS = 10;

export class Users {
  readonly #open = new Set<Question>();

  /** @param successor the process that was started last to take over */
  constructor(
    readonly world: World,
    readonly server: () => MasterProcess,
    readonly successor: () => MasterProcess | undefined,
  ) {}

  /** Users look up the process before they signal it. */
  signal(signal: MasterSignal): void {
    const server = this.server();
    const isGone = !server.isAlive || server.master?.control.handedOver !== undefined;
    if (isGone && this.successor()?.isAlive === true) {
      this.world.add(ASK_AGAIN_MS, "outside", () => this.signal(signal));
    } else {
      server.signal(signal);
    }
  }

  /** The server looks how worn its workers are. */
  measure(): void {
    this.server().measure();
  }

  reload(until: Until): void {
    this.#ask("reload", (control) => control.reload(until));
  }

  rollBack(): void {
    this.#ask("rollback", (control) => control.rollback());
  }

  scale(workers: number): void {
    this.#ask("scale", (control) => control.scale(workers));
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

  #ask(what: Question["what"], ask: (control: Control) => Promise<unknown>): void {
    const process = this.server();
    const { master } = process;
    // The control socket answers nothing else once the server is another process's.
    if (!process.isAlive || master === undefined || master.control.handedOver !== undefined) return;
    const question: Question = { what, process };
    this.#open.add(question);
    process.attempt(() => {
      ask(master.control).then(
        () => this.#open.delete(question),
        (error: unknown) => this.world.violate("answers", `${what} throws ${String(error)}`),
      );
    });
  }

  /** A process has ended. Clients of a killed one see their connection close. */
  forget(process: MasterProcess, isKilled: boolean): void {
    for (const question of this.#open) {
      const isGone = isKilled || question.what === "status";
      if (question.process === process && isGone) this.#open.delete(question);
    }
  }

  /** Nothing is left to happen: every user has an answer. */
  checkAnswered(): void {
    const waiting = [...this.#open].map(({ what }) => what);
    if (waiting.length === 0) return;
    this.world.violate("answers", `the commands [${waiting}] have never been answered`);
  }
}

// What has become of the WebSockets that were to leave, and how the log tells it.
import type { NotCarried } from "../../core/carry/leaving.ts";

/** In words, what became of so many of them. */
const WORDS: Readonly<Record<Exclude<NotCarried, "refused"> | "unfit", string>> = {
  unfit:
    "compressed, not over TCP, on node:http not by the package ws, " +
    "or of a protocol on Engine.IO that is not known",
  busy: "in the middle of a message, or of an answer",
  nobody: "without a worker to go to",
  late: "when the time of the drain was nearly up",
};
/** As many reasons of refusals are told. */
const MOST_REASONS = 3;

export class LeaveResult {
  carried = 0;
  readonly closed: Record<NotCarried | "unfit", number> = {
    unfit: 0,
    busy: 0,
    refused: 0,
    nobody: 0,
    late: 0,
  };
  /** How many the other version did not want, by its reasons. */
  readonly #refusals = new Map<string, number>();

  noteRefusal(why: string): void {
    this.#refusals.set(why, (this.#refusals.get(why) ?? 0) + 1);
  }

  /** Whether some were closed that could have moved. */
  get isShort(): boolean {
    const { busy, refused, nobody, late } = this.closed;
    return busy + refused + nobody + late > 0;
  }

  /** For programs. */
  get fields(): { readonly carried: number; readonly closed: number } {
    const closed = Object.values(this.closed).reduce((sum, one) => sum + one, 0);
    return { carried: this.carried, closed };
  }

  /** `undefined`: there was none. */
  get words(): string | undefined {
    const counts = Object.entries(this.closed).filter(([, count]) => count > 0);
    const { closed: count } = this.fields;
    if (this.carried + count === 0) return undefined;
    const moved = `${this.carried} WebSocket(s) moved to other workers`;
    if (count === 0) return moved;
    const why = counts.map(([name, one]) => {
      const words =
        name === "refused"
          ? `not upgraded there (${this.#reasons})`
          : WORDS[name as keyof typeof WORDS];
      return counts.length === 1 ? words : `${one} ${words}`;
    });
    return `${moved}; ${count} closed: ${why.join(", ")}`;
  }

  get #reasons(): string {
    const all = [...this.#refusals].toSorted(([, one], [, other]) => other - one);
    const [only] = all;
    if (all.length <= 1) return only?.[0] ?? "?";
    const told = all.slice(0, MOST_REASONS).map(([why, count]) => `${count}: ${why}`);
    return [...told, ...(all.length > MOST_REASONS ? ["and others"] : [])].join("; ");
  }
}

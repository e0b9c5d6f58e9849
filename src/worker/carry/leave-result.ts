// What has become of the WebSockets that were to leave, and how the log tells it.
import type { NotCarried } from "../../core/carry/leaving.ts";

/** In words, what became of so many of them. */
const WORDS: Readonly<Record<Exclude<NotCarried, "refused">, string>> = {
  busy: "that could not leave",
  nobody: "without a worker to go to",
  late: "when the time of the drain was nearly up",
};
/** As many reasons of refusals are told. */
const MOST_REASONS = 3;

export class LeaveResult {
  carried = 0;
  /** How many were closed, by reasons in words. */
  readonly #closed = new Map<string, number>();
  /** How many the other worker did not want, by its reasons. */
  readonly #refusals = new Map<string, number>();
  /** Whether some were closed that could have moved. */
  isShort = false;

  /** Another worker does not want one. */
  noteRefusal(why: string): void {
    add(this.#refusals, why, 1);
  }

  /** @param words why it could not leave, if that is known */
  noteClosed(why: NotCarried, words?: string): void {
    this.isShort = true;
    if (why === "refused") return;
    add(this.#closed, (why === "busy" ? words : undefined) ?? WORDS[why], 1);
  }

  /** Some can never move. @param why in words */
  noteUnfit(why: string, count = 1): void {
    if (count > 0) add(this.#closed, why, count);
  }

  /** For programs. */
  get fields(): { readonly carried: number; readonly closed: number } {
    return { carried: this.carried, closed: sumOf(this.#closed) + sumOf(this.#refusals) };
  }

  /** `undefined`: there was none. */
  get words(): string | undefined {
    const { carried, closed } = this.fields;
    if (carried + closed === 0) return undefined;
    const moved = `${carried} WebSocket(s) moved to other workers`;
    if (closed === 0) return moved;
    const reasons = [...this.#closed];
    const refused = sumOf(this.#refusals);
    if (refused > 0) reasons.push([`not upgraded there (${this.#refusalWords})`, refused]);
    const why = reasons.map(([words, count]) =>
      reasons.length === 1 ? words : `${count} ${words}`,
    );
    return `${moved}; ${closed} closed: ${why.join(", ")}`;
  }

  get #refusalWords(): string {
    const all = [...this.#refusals].toSorted(([, one], [, other]) => other - one);
    if (all.length === 1) return all[0]?.[0] ?? "";
    const told = all.slice(0, MOST_REASONS).map(([why, count]) => `${count}: ${why}`);
    return [...told, ...(all.length > MOST_REASONS ? ["and others"] : [])].join("; ");
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0);
}

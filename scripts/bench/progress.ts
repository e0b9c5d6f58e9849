// Says what is being measured, and about how long it all still takes.

interface Part {
  readonly name: string;
  /** About how long it takes. */
  readonly seconds: number;
}

/**
 * How long the rest takes: what is left of the part under way, at the pace that it has had so far,
 * and all of those after it.
 * @param share how much of the part under way is done, 0 to 1
 */
export function secondsLeft(
  parts: readonly Part[],
  current: number,
  share: number,
  elapsedSeconds: number,
): number {
  const rest = parts.slice(current + 1).reduce((sum, part) => sum + part.seconds, 0);
  const guess = parts[current]?.seconds ?? 0;
  const whole = share > 0 ? elapsedSeconds / share : guess;
  return rest + whole * (1 - share);
}

/** Such as `4:05`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, "0")}`;
}

export class Progress {
  #current = -1;
  #startMs = 0;

  constructor(
    readonly parts: readonly Part[],
    readonly say: (text: string) => void,
  ) {}

  /** The next part begins. */
  begin(): void {
    this.#current += 1;
    this.#startMs = performance.now();
    const { name = "" } = this.parts[this.#current] ?? {};
    this.say(`${name} (${this.#current + 1} of ${this.parts.length}); ${this.#left(0)}`);
  }

  /** A round of it begins, the first with number 0. */
  round(number: number, count: number): void {
    if (number > 0) this.say(`  round ${number + 1} of ${count}; ${this.#left(number / count)}`);
  }

  #left(share: number): string {
    const elapsed = (performance.now() - this.#startMs) / 1000;
    const seconds = secondsLeft(this.parts, this.#current, share, elapsed);
    return `about ${formatSeconds(seconds)} left`;
  }
}

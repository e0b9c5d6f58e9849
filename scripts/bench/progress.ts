// Says what is being measured, and about how long it all still takes.

interface Part {
  readonly name: string;
  /** About how long it takes. */
  readonly seconds: number;
}

/**
 * How long the rest takes: what is left of the part under way, and all of those after it. The pace
 * that the part has had counts the more, the more of it is done, and the plan the less.
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
  return rest + (elapsedSeconds + guess * (1 - share)) * (1 - share);
}

/** Such as `4:05`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, "0")}`;
}

export class Progress {
  #current = -1;
  #startMs = 0;
  /** Which of how many stages of the part is under way. */
  #stage = { number: 0, count: 1 };

  constructor(
    readonly parts: readonly Part[],
    readonly say: (text: string) => void,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The next part begins. */
  begin(): void {
    this.#current += 1;
    this.#startMs = this.now();
    this.#stage = { number: 0, count: 1 };
    const { name = "" } = this.parts[this.#current] ?? {};
    this.say(`${name} (${this.#current + 1} of ${this.parts.length}); ${this.#left(0)}`);
  }

  /** One of the stages of the part begins, each with rounds of its own; the first has number 0. */
  stage(name: string, number: number, count: number): void {
    this.#stage = { number, count };
    this.step(name, 0);
  }

  /** A round of the stage begins, the first with number 0. */
  round(number: number, count: number): void {
    if (number > 0) this.step(`round ${number + 1} of ${count}`, number / count);
  }

  /**
   * Something of the stage begins.
   * @param share how much of the stage is done, 0 to 1
   */
  step(name: string, share: number): void {
    const { number, count } = this.#stage;
    this.say(`  ${name}; ${this.#left((number + share) / count)}`);
  }

  #left(share: number): string {
    const elapsed = (this.now() - this.#startMs) / 1000;
    const seconds = secondsLeft(this.parts, this.#current, share, elapsed);
    return `about ${formatSeconds(seconds)} left`;
  }
}

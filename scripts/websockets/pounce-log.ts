// When things happened in a reload of pounce, from its log in JSON.

interface Line {
  readonly time: string;
  readonly event: string;
  readonly msg: string;
}

/** What a reload with `on_reload = "carry"` has done. Times are those of `Date.now`. */
export interface Carried {
  /** When the new version was ready, and connections began to move. */
  readonly beganMs: number;
  /** When the last worker had none left. */
  readonly movedMs: number;
  /** How many each worker of the old version has moved. */
  readonly counts: readonly number[];
}

/** @param log from the order to reload on */
export function carriedIn(log: string): Carried {
  const lines = log.split("\n").flatMap((line): Line[] => {
    return line.startsWith("{") ? [JSON.parse(line) as Line] : [];
  });
  const spawned = lines.find(({ msg }) => msg.startsWith("New workers spawned."));
  const moved = lines.filter(({ event }) => event === "websockets-carried");
  const ends = moved.map(({ time }) => Date.parse(time));
  return {
    beganMs: Date.parse(spawned?.time ?? ""),
    movedMs: Math.max(...ends),
    counts: moved.map(({ msg }) => Number(/(\d+) WebSocket/.exec(msg)?.[1] ?? 0)),
  };
}

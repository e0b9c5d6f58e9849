// How long requests took, in steps that are narrow enough to tell a percentile within 6 %, and at
// whose ends the buckets of Prometheus end, too. So one count serves both.

/** Upper ends of the buckets that Prometheus is shown, in seconds; one more bucket has no end. */
export const DURATION_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Each is the end of a step, in seconds; between two of them are steps of equal ratio. */
export const DURATION_MARKS = [
  0.000_01,
  0.000_025,
  0.000_05,
  0.000_1,
  0.000_25,
  0.000_5,
  ...DURATION_BUCKETS,
  60,
  300,
  600,
];

/**
 * The widest that a step may be, as the ratio of its ends: then no duration in it is more than 6 %
 * from its middle.
 */
const WIDEST = 1.06 ** 2;

/** Upper ends of the steps, in seconds, in order. The last step has no end. */
const ENDS = Float64Array.from(ends());

export const DURATION_STEPS = ENDS.length + 1;

function ends(): number[] {
  const found: number[] = DURATION_MARKS.slice(0, 1);
  for (const [at, mark] of DURATION_MARKS.slice(1).entries()) {
    const from = DURATION_MARKS[at] ?? 0;
    const steps = Math.ceil(Math.log(mark / from) / Math.log(WIDEST));
    for (let step = 1; step < steps; step++) found.push(from * (mark / from) ** (step / steps));
    found.push(mark);
  }
  return found;
}

/** The upper half of a double is its sign, its exponent and 20 bits of its fraction. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** How many bits of it to leave away: with 4 bits of the fraction there are 16 cells per octave. */
const LEAVE = 16;

function cellOf(seconds: number): number {
  double[0] = seconds;
  return (halves[1] as number) >>> LEAVE;
}

const FIRST_CELL = cellOf(ENDS[0] as number);
const CELLS = cellOf(ENDS.at(-1) as number) - FIRST_CELL + 1;
/** The step of the shortest duration in each cell. */
const STEP_IN = Uint16Array.from({ length: CELLS }, (_, cell) => {
  halves.set([0, (FIRST_CELL + cell) << LEAVE]);
  return Math.max(
    0,
    ENDS.findIndex((end) => end >= (double[0] as number)),
  );
});

/**
 * The step that a duration belongs to: the first that does not end before it. It is on the request
 * path, so it searches no list: a cell is narrower than a step, and has at most two.
 */
export function stepOf(seconds: number): number {
  if (!(seconds > (ENDS[0] as number))) return 0;
  const cell = cellOf(seconds) - FIRST_CELL;
  if (cell >= CELLS) return ENDS.length;
  const step = STEP_IN[cell] as number;
  return step + Number(seconds > (ENDS[step] as number));
}

/** How many durations are in each bucket of Prometheus, and in those before it. */
export function inBuckets(steps: Float64Array): number[] {
  let [below, at] = [0, 0];
  return [...DURATION_BUCKETS, Infinity].map((end) => {
    for (; at < steps.length && (ENDS[at] ?? Infinity) <= end; at++) below += steps[at] ?? 0;
    return below;
  });
}

/** How many took longer than that many seconds, which is the end of a step. */
export function longerThan(steps: Float64Array, seconds: number): number {
  const from = ENDS.findIndex((end) => end >= seconds) + 1;
  return from === 0 ? 0 : steps.subarray(from).reduce((sum, count) => sum + count, 0);
}

/**
 * The time in seconds in which this part of all durations ended, from 0 to 1, as the middle of its
 * step; `undefined`: there are none.
 */
export function quantile(steps: Float64Array, part: number): number | undefined {
  const total = steps.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return undefined;
  let left = total * part;
  const last = steps.length - 1;
  for (let at = 0; at < last; at++) {
    left -= steps[at] ?? 0;
    // What is left of a sum of shares may be a hair above 0.
    if (left <= total * 1e-12) return middleOf(at);
  }
  return ENDS[last - 1];
}

function middleOf(step: number): number {
  const end = ENDS[step] ?? Infinity;
  return step === 0 ? end : Math.sqrt(end * (ENDS[step - 1] ?? end));
}

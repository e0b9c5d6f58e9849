// When the clients of a mode waited, and when they got answers: a mark for each millisecond. The
// marks of several processes can be laid over each other: a silence of one, while another gets
// answers, is none of the mode.

/** Later ones win where two fall into one millisecond. */
export const MARKS = ".wa";
const WAITING = MARKS.indexOf("w");
const ANSWERED = MARKS.indexOf("a");

/** The marks of one process, until they are taken. Times are in milliseconds of any one clock. */
export class Timeline {
  #marks = new Uint8Array(1024);
  /** The time of the first mark. */
  #fromMs: number;
  #waiting = 0;
  /** From when on somebody waits and nothing has been marked; undefined: nobody waits. */
  #sinceMs: number | undefined;

  constructor(fromMs: number) {
    this.#fromMs = Math.floor(fromMs);
  }

  /** A client waits from now on, until an answer or `rest`. */
  begin(nowMs: number): void {
    this.#waiting += 1;
    this.#sinceMs ??= Math.floor(nowMs);
  }

  /** One that waited has an answer. */
  answer(nowMs: number): void {
    const at = Math.floor(nowMs);
    this.#markWaiting(at);
    this.#mark(at, ANSWERED);
    this.#waitLess(at);
  }

  /** One that waited waits no more, without an answer. */
  rest(nowMs: number): void {
    const at = Math.floor(nowMs);
    this.#markWaiting(at);
    this.#waitLess(at);
  }

  /** Gives and forgets the marks before a time. */
  take(toMs: number): string {
    const end = Math.floor(toMs);
    this.#markWaiting(end);
    const length = Math.max(0, end - this.#fromMs);
    this.#grow(length);
    const text = Array.from(this.#marks.subarray(0, length), (mark) => MARKS[mark]).join("");
    this.#marks.copyWithin(0, length);
    this.#marks.fill(0, this.#marks.length - length);
    this.#fromMs += length;
    return text;
  }

  #waitLess(at: number): void {
    this.#waiting -= 1;
    this.#sinceMs = this.#waiting > 0 ? at : undefined;
  }

  #markWaiting(toMs: number): void {
    if (this.#sinceMs === undefined) return;
    for (let at = this.#sinceMs; at < toMs; at += 1) this.#mark(at, WAITING);
    this.#sinceMs = Math.max(this.#sinceMs, toMs);
  }

  #mark(atMs: number, mark: number): void {
    const index = atMs - this.#fromMs;
    if (index < 0) return;
    this.#grow(index + 1);
    if ((this.#marks[index] ?? 0) < mark) this.#marks[index] = mark;
  }

  #grow(length: number): void {
    if (length <= this.#marks.length) return;
    const larger = new Uint8Array(Math.max(length, this.#marks.length * 2));
    larger.set(this.#marks);
    this.#marks = larger;
  }
}

/** The longest silence of a mode, from the marks of all its processes, which begin at one time. */
export class Silence {
  /** The longest time in which clients waited and none got an answer, in milliseconds. */
  longestMs = 0;
  /** The marks that not all processes have given yet. */
  #pending: number[] = [];
  #run = 0;
  /** How many marks all have given. */
  #done = 0;
  /** How many marks each process has given. */
  readonly #given: Map<number, number>;

  /** @param processes the numbers of those that give marks */
  constructor(processes: readonly number[]) {
    this.#given = new Map(processes.map((it) => [it, 0]));
  }

  /** @param marks of a process, which follow its last ones */
  add(process: number, marks: string): void {
    const given = this.#given.get(process) ?? 0;
    for (let index = 0; index < marks.length; index += 1) {
      const at = given - this.#done + index;
      const mark = MARKS.indexOf(marks.charAt(index));
      this.#pending[at] = Math.max(this.#pending[at] ?? 0, mark);
    }
    this.#given.set(process, given + marks.length);
    const complete = Math.min(...this.#given.values()) - this.#done;
    for (const mark of this.#pending.splice(0, complete)) this.#follow(mark);
    this.#done += complete;
  }

  #follow(mark: number): void {
    this.#run = mark === WAITING ? this.#run + 1 : 0;
    this.longestMs = Math.max(this.longestMs, this.#run);
  }
}

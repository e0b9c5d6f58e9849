// A model of one accept group: the listeners of one address, in the order of the kernel's array.
//
// The kernel (net/core/sock_reuseport.c) appends a listener when it starts to listen; when one is
// closed, the last of the array moves into its place. A steering program returns an index into this
// array; if the index is out of range, the kernel hashes over all listeners. The master holds a
// duplicate of every listener's descriptor, so a listener leaves the array only when the master
// closes it, and never while another is being added: the model cannot lose count.

/**
 * Where new connections go. A list: each of these indexes gets an equal share. `undefined`: there
 * is no program, and the kernel hashes over all.
 */
export type Program = readonly number[] | Split | ByClient | undefined;

/** Parts of the new connections, each of which is shared equally by its indexes. */
export interface Split {
  readonly parts: readonly { readonly weight: number; readonly indexes: readonly number[] }[];
}

/**
 * The client's address decides which part all of its connections belong to, and which place among
 * `indexes`. Clients whose place is a gap go to the others until it is filled again.
 */
export interface ByClient {
  readonly by: "client";
  readonly parts: readonly Part[];
}

interface Part {
  /** A whole number above 0: its share is this, divided by the sum. */
  readonly weight: number;
  readonly indexes: readonly (number | undefined)[];
}

/** Who is to get the new connections. */
export interface Takers {
  /** Their clients are to stay with their slots. Left out: only shares count. */
  readonly by?: "client";
  /** Empty, or parts that each have at least one worker. */
  readonly parts: readonly TakerPart[];
}

interface TakerPart {
  readonly weight: number;
  /** Ids. With `by`, the worker of each slot. */
  readonly workers: readonly (number | undefined)[];
}

/** What sends new connections to the right workers: the kernel, unless it has refused programs. */
export type Steering = "kernel" | "refused";

/** The members of an accept group, by worker id, in the order of the kernel's array. */
export type Members = readonly number[];

/**
 * What to do around the close of one listener: set a program that is valid before and after it,
 * then the final one.
 */
interface ClosePlan {
  readonly members: Members;
  readonly during: Program;
  readonly after: Program;
  /** Whether a handshake that comes between the system calls of the close is dropped. */
  readonly drops: boolean;
}

/** The array after `worker` has started to listen. Throws if it is a member already. */
export function append(members: Members, worker: number): Members {
  if (members.includes(worker)) throw new Error(`worker ${worker} is in the accept group already`);
  return [...members, worker];
}

/**
 * The array after the listener of `worker` has been closed: the last member moves into its place.
 */
export function remove(members: Members, worker: number): Members {
  const index = members.indexOf(worker);
  if (index < 0) throw new Error(`worker ${worker} is not in the accept group`);
  const last = members.at(-1) as number;
  const rest = members.slice(0, -1);
  return index === rest.length ? rest : rest.with(index, last);
}

/**
 * The program that gives each taker its share of the new connections. `pinned` asks for a program
 * even if every member has the same share, for example while another listener is about to join. The
 * set is never empty: when no member is a taker there is no program.
 */
export function programFor(members: Members, takers: Takers, pinned: boolean): Program {
  const program = programOf(members, takers);
  const isForAll = isList(program) && program.length === members.length;
  return isForAll && !pinned ? undefined : program;
}

/** @param members with `undefined` in the place of those that the program must not name */
function programOf(members: readonly (number | undefined)[], takers: Takers): Program {
  const { by } = takers;
  const parts = takers.parts
    .map(({ weight, workers }) => ({ weight, indexes: indexesAmong(members, workers) }))
    .filter(({ indexes }) => indexes.some((index) => index !== undefined));
  if (parts.length === 0) return undefined;
  if (by !== undefined) return { by, parts };
  const lists = parts.map(({ weight, indexes }) => ({
    weight,
    indexes: indexes.filter((index) => index !== undefined).toSorted((a, b) => a - b),
  }));
  const [first] = lists;
  return lists.length === 1 ? first?.indexes : { parts: lists };
}

function indexesAmong(
  members: readonly (number | undefined)[],
  workers: TakerPart["workers"],
): (number | undefined)[] {
  return workers.map((worker) => {
    const index = worker === undefined ? -1 : members.indexOf(worker);
    return index < 0 ? undefined : index;
  });
}

function without({ parts, ...rest }: Takers, gone: number): Takers {
  const others = parts.map(({ weight, workers }) => ({
    weight,
    workers: workers.map((worker) => (worker === gone ? undefined : worker)),
  }));
  return { ...rest, parts: others };
}

/**
 * Plans the close of `worker`'s listener, which drops new handshakes by then. `during` names
 * indexes that hold a taker both before and after the close. There are none when a single taker,
 * last in the array, moves into the place of the closed one. Then, if all members that stay are
 * takers, its present index will do: after the close the kernel hashes over those that stay. If
 * not, `during` names the index that it moves to. A handshake that comes between the two system
 * calls is dropped there, and its client repeats it a second later: so a close that can wait does.
 */
export function planClose(members: Members, worker: number, takers: Takers): ClosePlan {
  const rest = remove(members, worker);
  const staying = without(takers, worker);
  const live = indexesOf(programOf(members, staying)) ?? [];
  const plan = { members: rest, after: programFor(rest, staying, false) };
  if (live.length === 0) return { ...plan, during: undefined, drops: false };
  const stable = members.map((member, index) => (rest[index] === member ? member : undefined));
  const during = programOf(stable, staying);
  if (during !== undefined) return { ...plan, during, drops: false };
  const moved = members.at(-1);
  if (rest.every((member) => member === moved)) return { ...plan, during: live, drops: false };
  return { ...plan, during: [rest.findIndex((member) => member === moved)], drops: true };
}

/** The indexes that a program names, without order; `undefined`: there is no program. */
export function indexesOf(program: Program): readonly number[] | undefined {
  if (program === undefined || isList(program)) return program;
  const named = program.parts.flatMap(({ indexes }) => [...indexes]);
  return [...new Set(named)].filter((index) => index !== undefined);
}

/** Whether two programs send new connections to the same indexes, in the same way. */
export function sameProgram(a: Program, b: Program): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (isList(a) || isList(b)) return isList(a) && isList(b) && sameItems(a, b);
  const [ours, theirs] = [a.parts, b.parts];
  return "by" in a === "by" in b && sameItems(ours.map(textOf), theirs.map(textOf));
}

function textOf({ weight, indexes }: Part): string {
  return `${weight}:${indexes.join()}`;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

function isList(program: Program): program is readonly number[] {
  return Array.isArray(program);
}

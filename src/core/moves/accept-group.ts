// A model of one accept group: the listeners of one address, in the order of the kernel's array.
//
// The kernel (net/core/sock_reuseport.c) appends a listener when it starts to listen; when one is
// closed, the last of the array moves into its place. A steering program returns an index into this
// array; if the index is out of range, the kernel hashes over all listeners. The master holds a
// duplicate of every listener's descriptor, so a listener leaves the array only when the master
// closes it, and never while another is being added: the model cannot lose count.

/**
 * Indexes that take new connections, in equal shares or by weight. `undefined`: there is no
 * program, and the kernel hashes over all.
 */
export type Program = readonly number[] | Weighted | undefined;

/** Each index gets its weight's share of the sum. Weights are whole numbers above 0. */
export interface Weighted {
  readonly indexes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * How much a member gets of the new connections, as a whole number: 0 for none. Only the relation
 * to the numbers of the other members counts.
 */
export type WeightOf = (worker: number) => number;

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
 * The program that gives each member its share of the new connections. `pinned` asks for a program
 * even if every member has the same share, for example while another listener is about to join. The
 * set is never empty: when no member has a share there is no program.
 */
export function programFor(members: Members, weightOf: WeightOf, pinned: boolean): Program {
  const weights = members.map((worker) => weightOf(worker));
  const indexes = members.flatMap((_, index) => (weights[index] === 0 ? [] : [index]));
  if (indexes.length === 0) return undefined;
  const isForAll = indexes.length === members.length && areEqual(weights);
  return isForAll && !pinned ? undefined : programOf(indexes, weights);
}

/** @param weights of all members; those of `indexes` are above 0 */
function programOf(indexes: readonly number[], weights: readonly number[]): Program {
  const theirs = indexes.map((index) => weights[index] ?? 0);
  return areEqual(theirs) ? indexes : { indexes, weights: theirs };
}

function areEqual(weights: readonly number[]): boolean {
  return weights.every((weight) => weight === weights[0]);
}

/**
 * Plans the close of `worker`'s listener, which drops new handshakes by then. `during` names
 * indexes that hold a member with a share both before and after the close. There are none when a
 * single such member, last in the array, moves into the place of the closed one. Then, if all
 * members that stay have a share, its present index will do: after the close the kernel hashes over
 * those that stay. If not, `during` names the index that it moves to. A handshake that comes
 * between the two system calls is dropped there, and its client repeats it a second later: so a
 * close that can wait does.
 */
export function planClose(members: Members, worker: number, weightOf: WeightOf): ClosePlan {
  const rest = remove(members, worker);
  const weights = members.map((member) => (member === worker ? 0 : weightOf(member)));
  const stays = (member: number): boolean => member !== worker && weightOf(member) > 0;
  const liveNow = members.flatMap((_, index) => (weights[index] === 0 ? [] : [index]));
  const plan = { members: rest, after: programFor(rest, weightOf, false) };
  if (liveNow.length === 0) return { ...plan, during: undefined, drops: false };
  const stable = liveNow.filter((index) => rest[index] === members[index]);
  if (stable.length > 0) return { ...plan, during: programOf(stable, weights), drops: false };
  if (rest.every(stays)) return { ...plan, during: liveNow, drops: false };
  return { ...plan, during: [rest.findIndex(stays)], drops: true };
}

/** The indexes that a program names; `undefined`: there is no program. */
export function indexesOf(program: Program): readonly number[] | undefined {
  return program === undefined || !("weights" in program) ? program : program.indexes;
}

/** Whether two programs send new connections to the same indexes, in the same shares. */
export function sameProgram(a: Program, b: Program): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameNumbers(indexesOf(a), indexesOf(b)) && sameNumbers(weightsOf(a), weightsOf(b));
}

function weightsOf(program: Program): readonly number[] {
  return program !== undefined && "weights" in program ? program.weights : [];
}

function sameNumbers(a: readonly number[] = [], b: readonly number[] = []): boolean {
  return a.length === b.length && a.every((number, at) => number === b[at]);
}

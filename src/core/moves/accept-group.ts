// A model of one accept group: the listeners of one address, in the order of the kernel's array.
//
// The kernel (net/core/sock_reuseport.c) appends a listener when it starts to listen; when one is
// closed, the last of the array moves into its place. A steering program returns an index into this
// array; if the index is out of range, the kernel hashes over all listeners. The master holds a
// duplicate of every listener's descriptor, so a listener leaves the array only when the master
// closes it, and never while another is being added: the model cannot lose count.

/**
 * Indexes that take new connections, in equal shares. `undefined`: there is no program, and the
 * kernel hashes over all.
 */
export type Program = readonly number[] | undefined;

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
 * The program that lets only `live` members take new connections. `pinned` asks for a program even
 * if every member is live, for example while another listener is about to join. The set is never
 * empty: when no member is live there is no program.
 */
export function programFor(
  members: Members,
  live: (worker: number) => boolean,
  pinned: boolean,
): Program {
  const indexes = members.flatMap((worker, index) => (live(worker) ? [index] : []));
  if (indexes.length === 0) return undefined;
  return indexes.length === members.length && !pinned ? undefined : indexes;
}

/**
 * Plans the close of `worker`'s listener, which drops new handshakes by then. `during` names
 * indexes that hold a live member both before and after the close. There are none when a single
 * live member, last in the array, moves into the place of the closed one. Then, if all members that
 * stay are live, its present index will do: after the close the kernel hashes over those that stay.
 * If not, `during` names the index that it moves to. A handshake that comes between the two system
 * calls is dropped there, and its client repeats it a second later: so a close that can wait does.
 */
export function planClose(
  members: Members,
  worker: number,
  live: (worker: number) => boolean,
): ClosePlan {
  const rest = remove(members, worker);
  const stays = (member: number): boolean => member !== worker && live(member);
  const liveNow = members.flatMap((member, index) => (stays(member) ? [index] : []));
  const plan = { members: rest, after: programFor(rest, live, false) };
  if (liveNow.length === 0) return { ...plan, during: undefined, drops: false };
  const stable = liveNow.filter((index) => rest[index] === members[index]);
  if (stable.length > 0) return { ...plan, during: stable, drops: false };
  if (rest.every(stays)) return { ...plan, during: liveNow, drops: false };
  return { ...plan, during: [rest.findIndex(stays)], drops: true };
}

/** Whether two programs send new connections to the same indexes. */
export function sameProgram(a: Program, b: Program): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((index, at) => index === b[at]);
}

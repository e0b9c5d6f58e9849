// The program that says which listener a new connection goes to. The kernel runs it on the first
// packet of each connection.
//
// Where only shares count, the client's port decides. Linux and others give the connections of one
// client ports in ascending order, and multiples of an irrational number, taken modulo 1, are
// spread more evenly than chance does it. The first such number decides which part a connection
// belongs to, such as the canary. A turn takes about 60 ports there, because Linux skips up to
// seven of its ports at random, which a long turn evens out. The second decides between the
// listeners of a part, and spreads even a few connections whose ports are neighbours. The client's
// address shifts both.
//
// Where clients are to stay with their workers, their addresses alone decide.
//
// A packet whose port or address is not where it usually is gets a random listener.

import * as bpf from "./bpf.ts";
import type { Instruction } from "./bpf.ts";

/** 2³² divided by the golden ratio, and by 59 + √2: far from fractions, and from each other. */
const GOLDEN = 0x9e3779b9;
const SLOW = 0x043cc720;
/** Odd numbers that mix bits well: those of MurmurHash3 and xxHash. */
const MIXERS = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1] as const;
const WHOLE = 2 ** 32;

const ADD_TO_X: Instruction = [bpf.ADD_X, 0, 0, 0];
/** Keeps what has been read. */
const keep = (place: number): Instruction => [bpf.STORE, 0, 0, place];

/** Where the program keeps what it has read from the packet. */
const PORT = 0;
const CLIENT = 1;

const AT_PACKET = bpf.NETWORK_HEADER;
const IPV4 = 0x40;
const IPV6 = 0x60;

/**
 * Indexes that get new connections, in equal shares; or parts, each of which is shared equally by
 * its indexes. `by`: a client stays in its part and place, unless that is a gap.
 */
export type Program =
  readonly number[] | { readonly by?: "client"; readonly parts: readonly Part[] };

interface Part {
  /** Above 0. Its share is this, divided by the sum. */
  readonly weight: number;
  readonly indexes: readonly (number | undefined)[];
}

/** Code that leaves a number from 0 to 2³² - 1, in equal shares. */
type Draw = readonly Instruction[];

/** The program for the kernel. Throws if it names no index. */
export function steeringProgram(program: Program): Instruction[] {
  if (!("parts" in program)) return evenProgram(program);
  const draws = program.by === "client" ? BY_CLIENT : BY_PORT;
  const parts = program.parts.map(({ weight, indexes }) => ({
    weight,
    code: among(indexes, draws.listener, draws.otherListener),
  }));
  return [...READ, ...draws.part, ...branch(parts)];
}

function evenProgram(indexes: readonly number[]): Instruction[] {
  return indexes.length === 1
    ? among(indexes, BY_PORT.listener, BY_PORT.otherListener)
    : [...READ, ...among(indexes, BY_PORT.listener, BY_PORT.otherListener)];
}

/** One part of new connections. */
interface Branch {
  readonly weight: number;
  /** It ends with a return, whatever happens. */
  readonly code: readonly Instruction[];
}

/** Compares the number that was drawn with the end of each part. */
function branch(parts: readonly Branch[]): Instruction[] {
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (whole === 0) throw new Error("a steering program needs a share for some index");
  let end = 0;
  return parts.flatMap(({ weight, code }, at) => {
    end += weight;
    if (at === parts.length - 1) return code;
    const limit = Math.min(Math.round((end / whole) * WHOLE), WHOLE - 1);
    return [[bpf.JUMP_IF_NOT_LESS, 0, 1, limit], [bpf.JUMP, 0, 0, code.length], ...code];
  });
}

/** Places of `indexes`, in order, that have consecutive indexes, or none. */
interface Run {
  readonly start: number;
  end: number;
  readonly index: number | undefined;
}

/**
 * Returns one of `indexes`, each for an equal share of the draws. What comes to a gap is drawn
 * again, among those that are there.
 */
function among(indexes: readonly (number | undefined)[], draw: Draw, again: Draw): Instruction[] {
  const present = indexes.filter((index) => index !== undefined);
  const hasGaps = present.length > 1 && present.length < indexes.length;
  if (!hasGaps) return oneOf(present, draw, []);
  return oneOf(indexes, draw, oneOf(present, again, []));
}

/** @param atGap code that returns, if there are gaps */
function oneOf(
  indexes: readonly (number | undefined)[],
  draw: Draw,
  atGap: readonly Instruction[],
): Instruction[] {
  const [first] = indexes;
  if (indexes.length === 0) throw new Error("a steering program needs at least one index");
  if (indexes.length === 1 && first !== undefined) return [[bpf.RETURN, 0, 0, first]];
  // From the last rung to the first, because each must know how much follows.
  const ladder = [...atGap];
  for (const run of runsOf(indexes).toReversed()) ladder.unshift(...rung(run, ladder, atGap));
  return [...draw, ...scaled(indexes.length), ...ladder];
}

/** What to do at a place of this run; goes on with `after` at a later place. */
function rung(
  { start, end, index }: Run,
  after: readonly Instruction[],
  atGap: readonly Instruction[],
): Instruction[] {
  const code: Instruction[] = [];
  if (index === undefined) code.push([bpf.JUMP, 0, 0, after.length - atGap.length]);
  else if (end - start === 1) code.push([bpf.RETURN, 0, 0, index]);
  else code.push([bpf.ADD, 0, 0, (index - start) >>> 0], [bpf.RETURN_VALUE, 0, 0, 0]);
  const isLast = after.length === atGap.length;
  return isLast ? code : [[bpf.JUMP_IF_NOT_LESS, code.length, 0, end], ...code];
}

function runsOf(indexes: readonly (number | undefined)[]): Run[] {
  const runs: Run[] = [];
  indexes.forEach((index, place) => {
    const last = runs.at(-1);
    const next = last?.index === undefined ? undefined : last.index + place - last.start;
    if (last !== undefined && next === index) last.end = place + 1;
    else runs.push({ start: place, end: place + 1, index });
  });
  return runs;
}

/** From a number below 2³² to one below `size`, which is at most 2¹⁶. */
function scaled(size: number): Instruction[] {
  return [
    [bpf.SHIFT_RIGHT, 0, 0, 16],
    [bpf.MULTIPLY, 0, 0, size],
    [bpf.SHIFT_RIGHT, 0, 0, 16],
  ];
}

function byPort(multiplier: number): Draw {
  return [
    [bpf.LOAD_STORED_TO_X, 0, 0, CLIENT],
    [bpf.LOAD_STORED, 0, 0, PORT],
    [bpf.MULTIPLY, 0, 0, multiplier],
    [bpf.ADD_X, 0, 0, 0],
  ];
}

function byClient(shift: number, multiplier: number): Draw {
  return [
    [bpf.LOAD_STORED, 0, 0, CLIENT],
    [bpf.TO_X, 0, 0, 0],
    [bpf.SHIFT_RIGHT, 0, 0, shift],
    [bpf.XOR_X, 0, 0, 0],
    [bpf.MULTIPLY, 0, 0, multiplier],
  ];
}

/** Numbers that do not depend on each other. */
const BY_PORT = { part: byPort(SLOW), listener: byPort(GOLDEN), otherListener: byPort(GOLDEN) };
const BY_CLIENT = {
  part: byClient(16, MIXERS[0]),
  // As it is: addresses that are neighbours get different listeners.
  listener: [[bpf.LOAD_STORED, 0, 0, CLIENT]],
  otherListener: byClient(15, MIXERS[1]),
} as const satisfies Record<string, Draw>;

/** Stores the client's port, and a number made from its address. */
const READ: readonly Instruction[] = (() => {
  const ipv4: Instruction[] = [
    // The header is longer if it has options.
    [bpf.LOAD_BYTE, 0, 0, AT_PACKET],
    [bpf.AND, 0, 0, 0x0f],
    [bpf.SHIFT_LEFT, 0, 0, 2],
    [bpf.TO_X, 0, 0, 0],
    [bpf.LOAD_HALF_AT_X, 0, 0, AT_PACKET],
    keep(PORT),
    [bpf.LOAD_WORD, 0, 0, AT_PACKET + bpf.IPV4_SOURCE],
    [bpf.MULTIPLY, 0, 0, GOLDEN],
    keep(CLIENT),
  ];
  const word = (at: number): Instruction[] => [
    [bpf.LOAD_WORD, 0, 0, AT_PACKET + bpf.IPV6_SOURCE + 4 * at],
    [bpf.MULTIPLY, 0, 0, at === 3 ? GOLDEN : (MIXERS[at] ?? 1)],
    ...(at === 0 ? [] : [ADD_TO_X]),
    [bpf.TO_X, 0, 0, 0],
  ];
  const address = [0, 1, 2, 3].flatMap(word);
  const ipv6: Instruction[] = [
    [bpf.LOAD_HALF, 0, 0, AT_PACKET + bpf.IPV6_HEADER],
    keep(PORT),
    ...address,
    keep(CLIENT),
  ];
  const random: Instruction[] = [
    [bpf.LOAD_WORD, 0, 0, bpf.RANDOM],
    keep(PORT),
    [bpf.LOAD_WORD, 0, 0, bpf.RANDOM],
    keep(CLIENT),
  ];
  return [
    [bpf.LOAD_BYTE, 0, 0, AT_PACKET],
    [bpf.AND, 0, 0, 0xf0],
    [bpf.JUMP_IF_EQUAL, 0, ipv4.length + 1, IPV4],
    ...ipv4,
    [bpf.JUMP, 0, 0, ipv6.length + random.length + 4],
    [bpf.JUMP_IF_EQUAL, 0, ipv6.length + 3, IPV6],
    [bpf.LOAD_BYTE, 0, 0, AT_PACKET + bpf.IPV6_NEXT],
    // Something else comes before TCP's header.
    [bpf.JUMP_IF_EQUAL, 0, ipv6.length + 1, bpf.IS_TCP],
    ...ipv6,
    [bpf.JUMP, 0, 0, random.length],
    ...random,
  ];
})();

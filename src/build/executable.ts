// What system an executable is for, by its first bytes, and which Bun it contains.

/** As releases name it, with the C library of Linux: `linux-arm64-musl`. */
export type TargetName = (typeof TARGET_NAMES)[number];

export const TARGET_NAMES = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
] as const;

const ELF_MACHINES: Readonly<Record<number, string>> = { 0x3e: "linux-x64", 0xb7: "linux-arm64" };
const MACH_O_PROCESSORS: Readonly<Record<number, string>> = {
  0x01000007: "darwin-x64",
  0x0100000c: "darwin-arm64",
};
const ELF = 0x464c457f;
const MACH_O = 0xfeedfacf;
/** The name of its dynamic linker is among an executable's first bytes. */
const HEAD_BYTES = 64 * 1024;

/** @returns undefined when there is no pounce for that system, or it is not an executable */
export function targetOf(executable: Buffer): TargetName | undefined {
  if (executable.length < 20) return undefined;
  const magic = executable.readUInt32LE(0);
  if (magic === MACH_O) return named(MACH_O_PROCESSORS[executable.readUInt32LE(4)]);
  if (magic !== ELF) return undefined;
  const system = ELF_MACHINES[executable.readUInt16LE(18)];
  const isMusl = executable.subarray(0, HEAD_BYTES).includes("/ld-musl-");
  return named(isMusl ? `${system}-musl` : system);
}

function named(name: string | undefined): TargetName | undefined {
  return TARGET_NAMES.find((target) => target === name);
}

/** Whether these first bytes belong to an executable, of whatever system and program. */
export function isExecutable(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === ELF || magic === MACH_O;
}

/** Whether it was built with that version of Bun: another version cannot run the compiled code. */
export function isMadeFrom(executable: Buffer, bunVersion: string): boolean {
  return executable.includes(`Bun v${bunVersion} (`);
}

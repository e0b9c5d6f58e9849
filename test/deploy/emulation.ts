// Has the kernel run executables for arm64 through qemu, also those that an emulated process
// spawns.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { messageOf } from "../../src/errors/message-of.ts";

const BINFMT = "/proc/sys/fs/binfmt_misc";
const NAME = "pounce-test-arm64";
const QEMU = "/usr/bin/qemu-aarch64-static";
/** The head of an ELF executable or library for arm64, and which of its bits count. */
const MAGIC =
  "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00";
const MASK =
  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff";

/** Undoes what `emulateArm64` has done. */
type Undo = () => void;

/** Registers qemu, if nobody has. @returns how to undo it, or why it is not possible */
export function emulateArm64(): Undo | string {
  if (!existsSync(QEMU)) return "qemu-user-static is not installed";
  const isMounted = existsSync(`${BINFMT}/register`);
  if (!isMounted) {
    const mounted = Bun.spawnSync(["mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT]);
    if (mounted.exitCode !== 0) return `binfmt_misc: ${mounted.stderr.toString().trim()}`;
  }
  for (const name of ["qemu-aarch64", NAME]) {
    const path = `${BINFMT}/${name}`;
    if (existsSync(path) && readFileSync(path, "utf8").startsWith("enabled")) {
      return () => undefined;
    }
  }
  try {
    writeFileSync(`${BINFMT}/register`, `:${NAME}:M::${MAGIC}:${MASK}:${QEMU}:F`);
  } catch (error) {
    return `binfmt_misc: ${messageOf(error)}`;
  }
  return () => {
    writeFileSync(`${BINFMT}/${NAME}`, "-1");
    if (!isMounted) Bun.spawnSync(["umount", BINFMT]);
  };
}

// Programs of light frameworks as executables of `pounce build`:
// bun run verify:frameworks built
import { describe, test } from "bun:test";
import { PROGRAMS } from "../apps/programs.ts";
import { answersWhenBuilt, type Effort, type Program } from "../helpers/programs.ts";

const programs: readonly Program[] = Object.values(PROGRAMS);
const effort: Effort = { clients: 2, replies: 2, reloads: 0 };

/** A program that others have published is started as it is. */
const own = programs.filter(({ main }) => !main.startsWith("node_modules/"));

describe("as an executable it answers", () => {
  for (const it of own) {
    // A file that it looks for beside itself is not inside the executable.
    const modes = it.modes.filter((mode) => mode !== "routes");
    test(it.name, () => answersWhenBuilt(it, { ...effort, modes }), 120_000);
  }
});

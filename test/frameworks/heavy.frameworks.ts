// The servers that the tools of large frameworks build, under pounce, all of them in full:
// bun run verify:frameworks heavy
import { PROJECTS } from "../apps/projects.ts";
import { prove } from "../helpers/prove-program.ts";

for (const program of Object.values(PROJECTS)) prove(program);

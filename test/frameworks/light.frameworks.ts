// Programs of light frameworks under pounce, all of them in full:
// bun run verify:frameworks light
import { prove } from "../helpers/prove-program.ts";
import { PROGRAMS } from "../apps/programs.ts";

for (const program of Object.values(PROGRAMS)) prove(program);

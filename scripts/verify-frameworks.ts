// Runs every `test/frameworks/NAME.frameworks.ts`: server programs of frameworks, unchanged, under
// pounce. `bun run verify:frameworks`, or `bun run verify:frameworks express` for some of them.
// Exit code 1 when one has failed.
import { verify } from "./verify.ts";

process.exit(await verify({ folder: "frameworks", wanted: process.argv.slice(2) }));

// Runs every `test/browser/NAME.browser.ts`: what pounce shows, in Chromium. `bun run
// verify:browser`. Exit code 1 when one has failed.
import { installPackagesOf } from "./debian-packages.ts";
import { verify } from "./verify.ts";

const wanted = process.argv.slice(2);
process.exit(await verify({ folder: "browser", wanted, prepare: installPackagesOf }));

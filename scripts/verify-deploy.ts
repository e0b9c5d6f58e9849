// Runs every `test/deploy/NAME.deploy.ts`: pounce under what runs it for real. `bun run
// verify:deploy`, or `bun run verify:deploy systemd container` for some of them. Exit code 1 when
// one has failed.
import { installPackagesOf } from "./debian-packages.ts";
import { verify } from "./verify.ts";

const wanted = process.argv.slice(2);
process.exit(await verify({ folder: "deploy", wanted, prepare: installPackagesOf }));

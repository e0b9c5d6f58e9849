// Runs every `test/package/NAME.package.ts`: the packages, installed as people do. `bun run
// verify:package`, or `bun run verify:package npm` for some of them. Exit code 1 when one has
// failed.
import { installPackagesOf } from "./debian-packages.ts";
import { verify } from "./verify.ts";

const wanted = process.argv.slice(2);
process.exit(await verify({ folder: "package", wanted, prepare: installPackagesOf }));

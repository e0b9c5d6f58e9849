// Runs what needs no process of pounce, in seconds, for the edit loop: `npm run test:unit`, or
// `npm run test:unit -- -t "a name"`.
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Folders of test/ whose tests start the executable, and what tests are made of. */
const OTHERS = new Set([
  "apps",
  "build",
  "deploy",
  "fixtures",
  "helpers",
  "integration",
  "release",
]);

const folders = readdirSync("test").filter((name) => !OTHERS.has(name));
const paths = folders.map((name) => join("test", name));
const tests = Bun.spawn([process.execPath, "test", ...paths, ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit"],
});
process.exit(await tests.exited);

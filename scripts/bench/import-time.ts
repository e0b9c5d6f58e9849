// Prints how many milliseconds the import of an app takes in a process that has not loaded it.
//   import-time.ts APP
import { pathToFileURL } from "node:url";

const url = pathToFileURL(process.argv[2] ?? "").href;
const start = performance.now();
await import(url);
console.log(performance.now() - start);
// A framework may have left a timer behind.
process.exit(0);

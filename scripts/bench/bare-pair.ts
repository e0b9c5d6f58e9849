// The least that a server of a master and a worker is: one bare process that starts another, which
// serves.
//   bare-pair.ts PORT
import { serveBare } from "./bare-serve.ts";

const [port = "", role] = process.argv.slice(2);
if (role === "worker") {
  process.on("disconnect", () => process.exit(0));
  serveBare(Number(port));
} else {
  Bun.spawn([process.execPath, import.meta.path, port, "worker"], { ipc: () => undefined });
}

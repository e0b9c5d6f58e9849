// The executable that takes the Linux it runs on for macOS: there no two workers can listen on one
// address, and nothing of Linux is used. Built once by whoever tests it.
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.ts";

const folder = new URL("../../dist/lone/", import.meta.url);

/** Builds it and has all helpers start it, until the returned function is called. */
export async function useLoneExecutable(): Promise<() => void> {
  const before = process.env["POUNCE_BIN"];
  process.env["POUNCE_BIN"] = await build(
    fileURLToPath(new URL("pounce", folder)),
    undefined,
    "darwin",
  );
  return () => {
    if (before === undefined) delete process.env["POUNCE_BIN"];
    else process.env["POUNCE_BIN"] = before;
  };
}

/** A port that nobody has, nor gets by asking for any. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Somebody has it.
    }
  }
}

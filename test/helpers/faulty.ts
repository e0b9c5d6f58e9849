// A pounce whose master fails when a test says so: with an unforeseen error, in its core, or at a
// system call that the kernel refuses for a while.
import { join } from "node:path";
import { buildVersion, type OtherVersion } from "./other-version.ts";

/** What fails while its name is in the file that FAULT names. */
export type Fault =
  /** An error or a rejection in the master, once: its own, or one with a system's code. */
  | "uncaught"
  | "rejection"
  | "refusal"
  /** Each step of the core. */
  | "core"
  /** Each program for an accept group. */
  | "steering";

const FAULTS = `
import { readFileSync } from "node:fs";
const faults: { now?: string } = ((globalThis as any).faults = {});
const what = () => new TypeError("a fault of pounce");
function look(): void {
  let found = "";
  try {
    found = readFileSync(process.env["FAULT"] ?? "", "utf8");
  } catch {}
  if (found === faults.now) return;
  faults.now = found;
  if (found === "uncaught") throw what();
  if (found === "rejection") void Promise.reject(what());
  if (found === "refusal") throw Object.assign(new Error("EMFILE: open"), { code: "EMFILE" });
}
if (process.argv[2] !== "worker") setInterval(look, 5).unref();
`;

const FAILS = (fault: Fault, error: string): string =>
  `if ((globalThis as any).faults?.now === "${fault}") throw ${error};\n`;

/** Replaces a text of a file, which must be there. */
async function patch(path: string, found: string, replacement: string): Promise<void> {
  const text = await Bun.file(path).text();
  if (!text.includes(found)) throw new Error(`${path} has no ${found}`);
  await Bun.write(
    path,
    text.replace(found, () => replacement),
  );
}

/** Builds it. */
export function buildFaulty(): Promise<OtherVersion> {
  return buildVersion("0.0.0-faulty", async (dir) => {
    const src = join(dir, "src");
    await Bun.write(join(src, "faults.ts"), FAULTS);
    await patch(join(src, "main.ts"), "import ", 'import "./faults.ts";\nimport ');
    const turn = "const turn = new Turn(";
    await patch(
      join(src, "core", "step.ts"),
      turn,
      FAILS("core", 'new TypeError("a fault of the core")') + turn,
    );
    const steer = "if (program !== undefined) {";
    const refused = 'new SystemError("setsockopt", "ENOMEM")';
    await patch(join(src, "net", "filters.ts"), steer, `${steer}\n${FAILS("steering", refused)}`);
  });
}

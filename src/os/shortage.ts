// What is short when the system has no more, and what to set. Said in one place, because
// descriptors and memory can run out at any call.
import { here } from "../platform.ts";
import { RLIMIT_NOFILE } from "./constants.ts";
import { libc } from "./libc.ts";

const UNLIMITED = 2n ** 64n - 1n;

/** How many descriptors this process may have: now, and at most when it asks for more. */
export interface DescriptorLimit {
  readonly soft: number;
  readonly hard: number;
}

/** `undefined` where it is unknown. Takes no descriptor to find out. */
export function descriptorLimit(): DescriptorLimit | undefined {
  if (!here.hasLibc) return undefined;
  const limits = new BigUint64Array(2);
  if (libc().getrlimit(RLIMIT_NOFILE, limits) !== 0) return undefined;
  const [soft = 0n, hard = 0n] = [...limits].map((limit) => (limit === UNLIMITED ? 0n : limit));
  return { soft: Number(soft) || Infinity, hard: Number(hard) || Infinity };
}

/** What to do about a system error, by its name; `undefined` if nothing is short. */
function remedyFor(code: string): string | undefined {
  switch (code) {
    case "EMFILE": {
      const { soft = "reached", hard = soft } = descriptorLimit() ?? {};
      const is = `the limit on open files is ${soft}${hard === soft ? "" : ` (hard: ${hard})`}`;
      return `${is}: raise it with ulimit -n, or LimitNOFILE= in the systemd unit`;
    }
    case "ENFILE":
      return "this machine is at its limit of open files: raise fs.file-max";
    case "ENOMEM":
    case "ENOBUFS":
      return "the kernel has no memory for it";
    case "ENOSPC":
      return "no space left on device";
    // Bun's own words for it are "unknown error".
    case "ENOEXEC":
      return "it is not an executable for this system";
    default:
      return undefined;
  }
}

/**
 * An error in a few words, with what to do about it; with its stack, unless it is a system error.
 */
export function explain(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) return Bun.inspect(error, { colors: false }).trim();
  const remedy = remedyFor(code);
  const { message } = error as Error;
  return remedy === undefined || message.includes(remedy) ? message : `${message}, ${remedy}`;
}

/** The name of a system's refusal, such as EMFILE; `undefined` for any other error. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^(E[A-Z0-9]+|errno \d+)$/.test(code) ? code : undefined;
}

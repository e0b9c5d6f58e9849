// Where a debugger can attach to a worker, as it is written after `--inspect`.
import { ipFamily } from "./ip.ts";

export interface Inspect {
  /** An IP address. */
  readonly host: string;
  /** 0: any port that is free. */
  readonly port: number;
  /** The first worker waits for a debugger before it loads the app. */
  readonly waits: boolean;
}

/** Where debuggers look. */
export const INSPECT_PORT = "9229";
const LOOPBACK = "127.0.0.1";
const FORM = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/;

/** Reads `9230`, `127.0.0.1:9230` or `[::1]:9230`; undefined if it is none of them. */
export function parseInspect(text: string): Omit<Inspect, "waits"> | undefined {
  const [, inBrackets, plain, digits = ""] = FORM.exec(text) ?? [];
  const named = inBrackets ?? plain ?? LOOPBACK;
  const host = named === "localhost" ? LOOPBACK : named;
  const port = Number(digits);
  return digits !== "" && port < 65_536 && ipFamily(host) !== 0 ? { host, port } : undefined;
}

// What a pounce speaks, from its configuration: which certificates it has over TLS, and whether it
// speaks HTTP/2 without.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import type { TlsTrust } from "../load/endpoint.ts";

export interface Spoken {
  /** Undefined: no TLS. */
  readonly tls: TlsTrust | undefined;
  readonly isH2c: boolean;
}

/** Of a server that is to be started: it must show its own certificates. */
export function spokenBy({ tls, h2c }: Pick<Config, "tls" | "h2c">): Spoken {
  const pinned = tls?.pairs.flatMap(({ cert }) => fingerprintsIn(cert));
  return { tls: pinned && { pinned }, isH2c: h2c };
}

/**
 * Of a server that runs, as far as its file tells: it may have been started by flags, and the file
 * may be gone.
 * @param file of its configuration; undefined: it has none
 */
export function spokenWith(file: string | undefined, isSecure: boolean): Spoken {
  const flags: Record<string, string> = file === undefined ? {} : { config: file };
  const loaded = loadConfig({ flags, env: {}, cwd: "/" });
  const known = file !== undefined && loaded.ok ? spokenBy(loaded.config) : undefined;
  const isKnown = (known?.tls?.pinned?.length ?? 0) > 0;
  return {
    // Without a file it must convince as any server must.
    tls: isSecure ? ((isKnown ? known?.tls : undefined) ?? {}) : undefined,
    isH2c: !isSecure && known?.isH2c === true,
  };
}

/** The first certificate of a file; none if it cannot be read: the server will say so. */
function fingerprintsIn(file: string): string[] {
  try {
    const { fingerprint256 } = new X509Certificate(readFileSync(file));
    return [fingerprint256.replaceAll(":", "").toLowerCase()];
  } catch {
    return [];
  }
}

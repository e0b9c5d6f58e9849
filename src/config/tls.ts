// Makes the table `[tls]` of a configuration: which certificate goes with which key.
import { absolutePath } from "../os/paths.ts";
import type { TlsVersion } from "../tls/served.ts";
import type { TlsConfig } from "./config.ts";
import type { Setting } from "./schema/setting.ts";

interface TlsValues {
  readonly http2: boolean;
  readonly min_version: TlsVersion;
}

interface ResolvedTls {
  /** Undefined: no TLS, or there are errors. */
  readonly tls: TlsConfig | undefined;
  /** Each one line that begins with its place. */
  readonly errors: readonly string[];
}

/** @param effective the valid settings that hold, by the name of their key */
export function resolveTls(
  effective: ReadonlyMap<string, Setting>,
  { http2, min_version: minVersion }: TlsValues,
): ResolvedTls {
  const [cert, key] = [effective.get("tls.cert"), effective.get("tls.key")];
  if (cert === undefined || key === undefined) {
    return { tls: undefined, errors: missing(effective, cert ?? key) };
  }
  const [certs, keys] = [pathsOf(cert), pathsOf(key)];
  const pairs = certs.map((path, index) => ({ cert: path, key: keys[index] ?? "" }));
  if (certs.length !== keys.length) {
    const expected = `one for each certificate (${certs.length})`;
    const got = `${key.shown} (${keys.length})`;
    return { tls: undefined, errors: [`${key.place}: expected ${expected}, got ${got}`] };
  }
  if (pairs.length === 0) {
    return { tls: undefined, errors: [`${cert.place}: expected at least one file, got none`] };
  }
  const places = { cert: cert.place, key: key.place };
  return { tls: { pairs, places, http2, minVersion }, errors: plainErrors(effective.get("h2c")) };
}

/** Over TLS a client offers HTTP/2 by itself, and nobody serves anything else. */
function plainErrors(h2c: Setting | undefined): string[] {
  if (h2c?.value !== true) return [];
  return [`${h2c.place}: expected false beside [tls], which has http2 for it, got ${h2c.shown}`];
}

/** @param given the one of the two that is set */
function missing(effective: ReadonlyMap<string, Setting>, given: Setting | undefined): string[] {
  if (given !== undefined) {
    const [name, other] =
      given.key.name === "tls.cert" ? ["certificate", "tls.key"] : ["private key", "tls.cert"];
    return [`${given.place}: expected ${other} as well: the ${name} is of no use alone`];
  }
  const alone = [effective.get("tls.http2"), effective.get("tls.min_version")];
  return alone.flatMap((setting) =>
    setting === undefined ? [] : [`${setting.place}: expected tls.cert and tls.key as well`],
  );
}

function pathsOf({ value, baseFolder }: Setting): string[] {
  return [value].flat().map((path) => absolutePath(baseFolder, String(path)));
}

// Makes the table `[tls]` of a configuration: which certificate goes with which key, or which ones
// are ordered.
import { join } from "node:path";
import { absolutePath } from "../os/paths.ts";
import type { TlsVersion } from "../tls/served.ts";
import type { AcmeConfig, TlsConfig } from "./config.ts";
import { asDomain } from "./schema/acme-types.ts";
import type { Setting } from "./schema/setting.ts";
import { usualStateFolder } from "./state-folder.ts";

interface TlsValues {
  readonly http2: boolean;
  readonly min_version: TlsVersion;
  readonly acme: {
    readonly domains?: readonly string[] | undefined;
    readonly email?: string | undefined;
    readonly directory: string;
    readonly http_port: number;
  };
}

interface ResolvedTls {
  /** Undefined: no TLS, or there are errors. */
  readonly tls: TlsConfig | undefined;
  /** Each one line that begins with its place. */
  readonly errors: readonly string[];
}

/**
 * @param effective the valid settings that hold, by the name of their key
 * @param wrong the keys that are given, but have an error: nobody needs to be told to give them
 */
export function resolveTls(
  effective: ReadonlyMap<string, Setting>,
  values: TlsValues,
  wrong: ReadonlySet<string> = new Set(),
): ResolvedTls {
  const { http2, min_version: minVersion } = values;
  if (effective.has("tls.acme.domains")) return resolveAcme(effective, values);
  const [cert, key] = [effective.get("tls.cert"), effective.get("tls.key")];
  if (cert === undefined || key === undefined) {
    return { tls: undefined, errors: missing(effective, cert ?? key, wrong) };
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

/** The files of ordered certificates: they may be missing, and hold certificate and key. */
function resolveAcme(
  effective: ReadonlyMap<string, Setting>,
  { http2, min_version: minVersion, acme: values }: TlsValues,
): ResolvedTls {
  const { email, directory, http_port: httpPort } = values;
  const domains = (values.domains ?? []).map(asDomain);
  const place = effective.get("tls.acme.domains")?.place ?? "";
  const [own, ca] = [effective.get("state_directory"), effective.get("tls.acme.ca")];
  const stateFolder = (own && pathsOf(own)[0]) ?? usualStateFolder();
  const folder = join(stateFolder, "acme", new URL(directory).host.replace(":", "_"));
  const file = (domain: string): string => join(folder, "certificates", `${domain}.pem`);
  const pairs = domains.map((domain) => ({ cert: file(domain), key: file(domain) }));
  const places = { cert: place, key: place };
  const ofCa = ca && pathsOf(ca)[0];
  const whom = { ca: ofCa, caPlace: ca?.place ?? "" };
  const acme: AcmeConfig = { domains, email, directory, ...whom, httpPort, stateFolder, folder };
  const others = [effective.get("tls.cert"), effective.get("tls.key")];
  const errors = others.flatMap((other) =>
    other === undefined ? [] : [`${other.place}: expected nothing beside acme, got ${other.shown}`],
  );
  errors.push(
    ...plainErrors(effective.get("h2c")),
    ...challengePortErrors(effective, httpPort),
    ...innerNameErrors(domains, place, effective.has("tls.acme.directory")),
  );
  return { tls: { pairs, places, http2, minVersion, acme }, errors };
}

/** A name without a dot is of one's own network: a CA of one's own may know it, no public one. */
function innerNameErrors(domains: readonly string[], place: string, hasOwnCa: boolean): string[] {
  const inner = domains.filter((name) => !name.includes("."));
  if (hasOwnCa || inner.length === 0) return [];
  return [
    `${place}: expected names with a dot, as in "www.example.com", got ${inner.join(", ")}: ` +
      "Let's Encrypt vouches for no others; for a CA of your own, set tls.acme.directory",
  ];
}

/** The workers serve TLS on their port, and the CA asks without. */
function challengePortErrors(effective: ReadonlyMap<string, Setting>, port: number): string[] {
  const own = effective.get("port");
  if (own === undefined || own.value !== port) return [];
  const setting = effective.get("tls.acme.http_port");
  return setting === undefined
    ? [`${own.place}: expected 443, got ${own.shown}: acme needs it for the CA's questions`]
    : [`${setting.place}: expected a port other than the app's, got ${setting.shown}`];
}

/** Over TLS a client offers HTTP/2 by itself, and nobody serves anything else. */
function plainErrors(h2c: Setting | undefined): string[] {
  if (h2c?.value !== true) return [];
  return [`${h2c.place}: expected false beside [tls], which has http2 for it, got ${h2c.shown}`];
}

/** @param given the one of the two that is set */
function missing(
  effective: ReadonlyMap<string, Setting>,
  given: Setting | undefined,
  wrong: ReadonlySet<string>,
): string[] {
  if (["tls.cert", "tls.key", "tls.acme.domains"].some((name) => wrong.has(name))) return [];
  if (given !== undefined) {
    const [name, other] =
      given.key.name === "tls.cert" ? ["certificate", "tls.key"] : ["private key", "tls.cert"];
    return [`${given.place}: expected ${other} as well: the ${name} is of no use alone`];
  }
  const ofAcme = ["email", "directory", "ca", "http_port"].map((name) => `tls.acme.${name}`);
  const needs = (names: readonly string[], needed: string): string[] =>
    names.flatMap((name) => {
      const setting = effective.get(name);
      return setting === undefined ? [] : [`${setting.place}: expected ${needed} as well`];
    });
  return [
    ...needs(["tls.http2", "tls.min_version"], "tls.cert and tls.key"),
    // One line for what is missing, however many need it.
    ...needs(ofAcme, "tls.acme.domains").slice(0, 1),
  ];
}

function pathsOf({ value, baseFolder }: Setting): string[] {
  return [value].flat().map((path) => absolutePath(baseFolder, String(path)));
}

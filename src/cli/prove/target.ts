// Where `pounce prove` sends its load, and which certificates it takes there, from its flags.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UNIX_PREFIX } from "../../core/address-name.ts";
import type { Address } from "../../net/address.ts";
import { refusal } from "../../os/refusal.ts";
import type { TlsTrust } from "../../prove/load/endpoint.ts";
import { Mistake, refuse } from "./values.ts";

/** Where a server is. */
export interface Target {
  readonly address: Address;
  readonly isSecure: boolean;
}

const EXPECTED = "http://HOST:PORT, https://HOST:PORT or unix:PATH";
const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** Of the value of `--url`. Throws a `Mistake`. */
export function targetIn(text: string): Target {
  if (text.startsWith(UNIX_PREFIX)) return { address: unixAddress(text), isSecure: false };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usual = PORTS[url?.protocol ?? ""];
  if (url === undefined || usual === undefined) return refuse("--url", EXPECTED, text);
  if (url.pathname !== "/" || url.search !== "") {
    refuse("--url", `${EXPECTED} without a path, which --path names`, text);
  }
  if (url.username !== "" || url.password !== "") {
    const hint = ": --header 'Authorization: Basic …' says who asks";
    refuse("--url", `${EXPECTED} without a name and a password`, text, hint);
  }
  if (url.hash !== "" || url.port === "0") refuse("--url", EXPECTED, text);
  const port = url.port === "" ? usual : Number(url.port);
  const address = { host: url.hostname.replaceAll(/[[\]]/g, ""), port };
  return { address, isSecure: url.protocol === "https:" };
}

/** `unix:/run/app.sock`, `unix:///run/app.sock`, `unix:@name`. */
function unixAddress(text: string): Address {
  const path = text.slice(UNIX_PREFIX.length).replace(/^\/\/(?=[/@])/, "");
  if (path === "" || path === "@") return refuse("--url", EXPECTED, text);
  return { path: path.startsWith("@") ? path : resolve(path) };
}

/**
 * Which certificates are taken, of `--ca` and `--insecure`; undefined: neither is given. Throws a
 * `Mistake`.
 */
export function trustIn(ca: string | undefined, isInsecure: boolean): TlsTrust | undefined {
  if (ca !== undefined && isInsecure) {
    throw new Mistake("--ca: with --insecure any certificate is taken: give one of the two");
  }
  if (isInsecure) return { isUnchecked: true };
  return ca === undefined ? undefined : { ca: readAuthorities(ca) };
}

function readAuthorities(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`--ca: ${file} cannot be read: ${refusal(error)}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new Mistake(
    `--ca: ${file} holds no certificate; expected PEM: -----BEGIN CERTIFICATE-----`,
  );
}

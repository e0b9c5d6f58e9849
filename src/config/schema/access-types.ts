// The types of keys about who sent a request, and about which requests are logged.
import * as v from "valibot";
import { ipFamily } from "../../net/ip.ts";
import { filePath, listOf, orWord } from "./value-types.ts";

/** Whoever may use the server's own Unix socket. */
const UNIX = "unix";

/** IP addresses, networks such as `10.0.0.0/8`, and `unix`. */
export function networkList() {
  const expected = 'IP addresses, networks such as "10.0.0.0/8", or "unix"';
  return listOf(v.pipe(v.string(), v.check(isNetwork)), { expected, placeholder: "IP" });
}

function isNetwork(text: string): boolean {
  if (text === UNIX) return true;
  const [address = "", bits, more] = text.split("/");
  const family = ipFamily(address);
  if (family === 0 || more !== undefined) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** Where requests are logged: "stdout" is a path as far as a schema can tell. */
export function accessTarget() {
  return { ...orWord(filePath(), "off"), expected: '"off", "stdout" or a path' };
}

/** Paths of URLs; a path that ends with `*` is a prefix. */
export function pathPatternList() {
  const expected = 'paths such as "/health", or prefixes such as "/assets/*"';
  const pattern = v.check((text: string) => /^\/[^\s?#*]*\*?$/.test(text));
  return listOf(v.pipe(v.string(), pattern), { expected, placeholder: "PATH" });
}

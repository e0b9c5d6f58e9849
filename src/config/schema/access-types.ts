// The types of keys about who sent a request, and about which requests are logged.
import * as v from "valibot";
import { ipFamily } from "../../net/ip.ts";
import { filePath, listOf, orWord } from "./value-types.ts";

/**
 * IP addresses, networks such as `10.0.0.0/8`, and `unix`: all peers on a Unix socket. An empty
 * text is an empty list.
 */
export function networkList() {
  const expected = 'IP addresses, networks such as "10.0.0.0/8", or "unix"';
  const one = v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed || isNetwork(dataset.value)) return;
      addIssue({ message: `${JSON.stringify(dataset.value)} is none of these` });
    }),
  );
  const list = listOf(one, { expected, placeholder: "IP" });
  return { ...list, fromText: (text: string) => (text === "" ? [] : list.fromText(text)) };
}

function isNetwork(text: string): boolean {
  if (text === "unix") return true;
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

// The types of keys about who sent a request, and about which requests are logged.
import * as v from "valibot";
import { ipFamily } from "../../net/ip.ts";
import { filePath, orWord, type ValueType } from "./value-types.ts";

/** One text or a list of texts, each of which must pass `check`; the value becomes a list. */
function textList(check: (text: string) => boolean, expected: string, placeholder: string) {
  const one = v.pipe(v.string(), v.check(check));
  const schema = v.pipe(
    v.union([one, v.array(one)]),
    v.transform((texts): readonly string[] => (typeof texts === "string" ? [texts] : texts)),
  );
  return {
    schema,
    expected,
    placeholder,
    fromText: (text) => text.split(",").map((part) => part.trim()),
    isList: true,
  } satisfies ValueType<typeof schema>;
}

/** IP addresses, and networks such as `10.0.0.0/8`. */
export function networkList() {
  const expected = 'IP addresses or networks such as "10.0.0.0/8"';
  return textList(isNetwork, expected, "IP");
}

function isNetwork(text: string): boolean {
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
  return textList((text) => /^\/[^\s?#*]*\*?$/.test(text), expected, "PATH");
}

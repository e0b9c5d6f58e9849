// The family of an IP address, by its text alone.

/** Four bytes in decimal, none with a zero before it. */
const IPV4 = /^(?:(?:25[0-5]|(?:2[0-4]|1\d|[1-9])?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[\da-f]{1,4}$/i;

/**
 * The family of an IP address: 4 or 6; 0 for any other text, including an address with a zone
 * (`fe80::1%eth0`).
 *
 * `isIP` says the same, but loading `node:net` for it costs every start 4 ms, and the memory of its
 * streams.
 */
export function ipFamily(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return 0;
  if (tail === undefined) return countGroups(head, true) === 8 ? 6 : 0;
  const count = countGroups(head, false) + countGroups(tail, true);
  return count < 8 ? 6 : 0;
}

/**
 * The number of groups in a part of an IPv6 address, where an IPv4 address at its end counts as
 * two; NaN if it is not valid.
 */
function countGroups(part: string, isEnd: boolean): number {
  if (part === "") return 0;
  const groups = part.split(":");
  const hasIPv4 = isEnd && IPV4.test(groups.at(-1) ?? "");
  if (hasIPv4) groups.pop();
  return groups.every((group) => GROUP.test(group)) ? groups.length + (hasIPv4 ? 2 : 0) : NaN;
}

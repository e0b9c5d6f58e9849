// First packets of connections, as the kernel shows them to a steering program.

/** @param options bytes of IP options, a multiple of 4 */
export function ipv4(source: string, port: number, options = 0): Uint8Array {
  const bytes = new Uint8Array(20 + options + 20);
  bytes[0] = 0x40 + (20 + options) / 4;
  bytes[9] = 6;
  bytes.set(source.split(".").map(Number), 12);
  new DataView(bytes.buffer).setUint16(20 + options, port, false);
  return bytes;
}

/** @param groups of the source address @param next what follows the first header: 6 is TCP */
export function ipv6(groups: readonly number[], port: number, next = 6): Uint8Array {
  const bytes = new Uint8Array(40 + 20);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  bytes[6] = next;
  groups.forEach((group, at) => view.setUint16(8 + 2 * at, group, false));
  view.setUint16(40, port, false);
  return bytes;
}

// Whether the value of a Host header is one that URLs can be made of, and mean what it says.

/**
 * A name or address as RFC 3986 has it, and a port. Left out are commas, as two Host headers that a
 * proxy has joined have one, and `%`, as the URL would have another name than was sent.
 */
const FORM = /^(?:[\w.~!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** `URL` knows the rest: numbers that are no address, ports out of range, names that cannot be. */
export function isValidHost(host: string): boolean {
  return FORM.test(host) && URL.canParse(`http://${host}/`);
}

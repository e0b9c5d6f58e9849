// Whether the value of a Host header can be used in a URL without changing its meaning.

/**
 * A name or address by RFC 3986, and a port. Commas are left out, because two Host headers that a
 * proxy has joined contain one, and `%`, because the URL would have another name than was sent.
 */
const FORM = /^(?:[\w.~!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/** `URL` finds the rest: numbers that are not an address, ports out of range, impossible names. */
export function isValidHost(host: string): boolean {
  return FORM.test(host) && URL.canParse(`http://${host}/`);
}

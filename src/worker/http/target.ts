// What a request asks for.

/** The longest path for the log and the receipt: a request may have one of 16,000 characters. */
const PATH_LENGTH = 200;

/**
 * Path and query of a request's URL; the URL is no more than that if the client sent no valid host.
 */
export function targetOf({ url }: { readonly url: string }): string {
  if (url.startsWith("/")) return url;
  const path = url.indexOf("/", url.indexOf("://") + 3);
  return path < 0 ? url : url.slice(path);
}

/**
 * The path of a request as the client sent it, whatever that is: printable, and of limited length.
 */
export function pathOf(request: { readonly url: string }): string {
  const [path = ""] = targetOf(request).split(/[?#]/, 1);
  const text = printable(path.slice(0, PATH_LENGTH));
  return path.length > PATH_LENGTH ? `${text}…` : text;
}

/** Nothing in it may forge a line, and half of a surrogate pair has no encoding. */
export function printable(target: string): string {
  return target.toWellFormed().replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent);
}

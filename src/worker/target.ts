// What a request asks for.

/** Path and query of a request's URL. Without a valid Host that is all that Bun has for a URL. */
export function targetOf({ url }: Request): string {
  if (url.startsWith("/")) return url;
  const path = url.indexOf("/", url.indexOf("://") + 3);
  return path < 0 ? url : url.slice(path);
}

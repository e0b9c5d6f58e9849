// What a request asks for.

/** Path and query of a request's URL. */
export function targetOf({ url }: Request): string {
  const path = url.indexOf("/", url.indexOf("://") + 3);
  return path < 0 ? url : url.slice(path);
}

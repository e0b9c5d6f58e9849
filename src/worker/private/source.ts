// Finds the bytes of a route that Bun serves by itself, so that a long answer need not be kept in
// memory.
import { statSync } from "node:fs";
import { resolve, sep } from "node:path";
import { isResponse } from "../http/native.ts";
import { blobOf, type Source } from "./pass-on.ts";
import { targetOf } from "../http/target.ts";

/** @param path the route's, such as `/files/*` */
export function sourceOf(route: unknown, path: string): Source {
  if (route instanceof Blob) return () => route;
  if (isResponse(route)) {
    const blob = blobOf(route);
    return () => blob;
  }
  const dir: unknown = typeof route === "object" && route !== null && Reflect.get(route, "dir");
  if (typeof dir !== "string" || !path.endsWith("/*")) return () => undefined;
  return (request) => {
    const [asked = ""] = targetOf(request).split(/[?#]/, 1);
    return fileIn(resolve(dir), asked.slice(path.length - 1));
  };
}

/** A file in a folder, by the rest of the path in a URL. */
function fileIn(folder: string, rest: string): Blob | undefined {
  try {
    const file = resolve(folder, `.${sep}${decodeURIComponent(rest)}`);
    const isInside = file.startsWith(folder + sep) && statSync(file).isFile();
    return isInside ? Bun.file(file) : undefined;
  } catch {
    return undefined;
  }
}

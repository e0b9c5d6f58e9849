// HTML imports among an app's routes. Bun bundles a page when it is first requested, and only then
// knows the files that the page names: until somebody has asked a worker for the page, it would
// answer 404 for them. After a deploy in between, it would even serve the next version's page.
//
// So each page is bundled before the worker is ready, by a private server of Bun, and page and
// files are served as responses like any other static route, with the headers that Bun gives them.
import { basename } from "node:path";
import type { App } from "../app/app.ts";
import { AppError } from "../app/app-error.ts";
import { isResponse, NativeResponse } from "../http/native.ts";
import { PrivateServer, type Routes } from "../private/private-server.ts";

/**
 * What `import page from "./page.html"` gives; `files` only in an executable, where everything is
 * already bundled.
 */
interface Page {
  readonly index: string;
  readonly files?: readonly { readonly path: string }[];
}

/** The end of the names that Bun gives to a page's files: the hash tells them from other text. */
const END_OF_NAME = /-[0-9a-z]{8}\.\w+/g;
/** Characters that cannot be in such a name, and its greatest length. */
const OUTSIDE = new Set("\"'`()/\\ \t\r\n");
const LONGEST_NAME = 255;
const MAY_NAME_FILES = /^text\/(html|css|javascript)\b/;

function isPage(route: unknown): route is Page {
  if (typeof route !== "object" || route === null || isResponse(route)) return false;
  return typeof Reflect.get(route, "index") === "string";
}

/** Replaces the values of routes, including those for single methods. */
function mapRoutes(routes: object, replace: (route: unknown) => unknown): Routes {
  const entries = Object.entries(routes).map(([path, route]) => {
    const isPlain = typeof route === "object" && route?.constructor === Object && !isPage(route);
    return [path, isPlain ? mapRoutes(route, replace) : replace(route)];
  });
  return Object.fromEntries(entries);
}

/**
 * The app with its pages bundled; an app without pages as it is. Throws `AppError` for a page that
 * cannot be bundled.
 * @param label the app as the configuration names it
 */
export async function bundlePages(app: App, label: string | undefined): Promise<App> {
  const { routes } = app.options;
  if (typeof routes !== "object" || routes === null) return app;
  const pages = new Set<Page>();
  mapRoutes(routes, (route) => isPage(route) && pages.add(route));
  if (pages.size === 0) return app;
  const paths = new Map([...pages].map((page, index) => [page, `/page-${index}`]));
  const server = new PrivateServer(
    Object.fromEntries([...paths].map(([page, path]) => [path, page])),
    () => new NativeResponse(null, { status: 500 }),
  );
  try {
    const bundled = new Map<unknown, Copy>();
    for (const [page, path] of paths) {
      const copy = await copyOf(server, path);
      if (copy === undefined) throw new AppError(await reasonOf(page, label));
      bundled.set(page, copy);
    }
    const names = [...pages].flatMap(({ files = [] }) => files.map(({ path }) => basename(path)));
    const files = await copyFiles(server, names, [...bundled.values()]);
    const served = mapRoutes(routes, (route) => bundled.get(route)?.response() ?? route);
    return { ...app, options: { ...app.options, routes: { ...files, ...served } } };
  } finally {
    server.stop();
  }
}

/** An answer of the private server, from which responses can be made. */
interface Copy {
  /** Text that may name further files. */
  readonly text: string;
  response(): Response;
}

async function copyOf(server: PrivateServer, path: string): Promise<Copy | undefined> {
  const answer = await server.get(path);
  const { status } = answer;
  const bytes = await answer.bytes();
  if (status !== 200) return undefined;
  const headers = new Headers(answer.headers);
  for (const name of ["date", "connection", "content-length"]) headers.delete(name);
  const isText = MAY_NAME_FILES.test(headers.get("content-type") ?? "");
  return {
    text: isText ? new TextDecoder().decode(bytes) : "",
    response: () => new NativeResponse(bytes, { headers }),
  };
}

/**
 * The names in a text. It may have megabytes without a space, with an inlined image for example, so
 * each character is read once.
 */
export function named(text: string): string[] {
  return [...text.matchAll(END_OF_NAME)].flatMap(({ 0: end, index }) => {
    const earliest = Math.max(0, index - LONGEST_NAME);
    let begin = index;
    while (begin > earliest && !OUTSIDE.has(text.charAt(begin - 1))) begin--;
    return begin === index ? [] : [text.slice(begin, index) + end];
  });
}

/** The files that pages name, and those that these name in turn, by path. */
async function copyFiles(
  server: PrivateServer,
  names: readonly string[],
  pages: readonly Copy[],
): Promise<Routes> {
  const seen = new Set<string>();
  const found: [string, Response][] = [];
  const waiting = [...names, ...pages.flatMap(({ text }) => named(text))];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const file = await copyOf(server, `/${encodeURI(name)}`);
    if (file === undefined) continue;
    found.push([`/${encodeURI(name)}`, file.response()]);
    waiting.push(...named(file.text));
  }
  return Object.fromEntries(found);
}

/** Why a page cannot be bundled: Bun's bundler says so, its server does not. */
async function reasonOf({ index }: Page, label: string | undefined): Promise<string> {
  const { logs } = await Bun.build({ entrypoints: [index], throw: false });
  const why = logs.map((log) => Bun.inspect(log, { colors: false }).trim()).join("\n");
  return `app ${label}: the page ${index} cannot be bundled\n${why}`.trim();
}

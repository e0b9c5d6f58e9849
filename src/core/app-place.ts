// Where the app of a generation really is, once links have been followed: with `current ->
// releases/42` that tells which release it is. Pure.

export interface AppPlace {
  /** The file that it was loaded from, without links. */
  readonly path: string;
  /** The path that leads there, if it goes through a link; left out: it goes through none. */
  readonly link?: string;
}

/** How `--json` and the log have it; null: not known, or there is no link. */
export interface AppPlaceFields {
  readonly app_path: string | null;
  readonly app_link: string | null;
}

export function placeFields(place: AppPlace | undefined): AppPlaceFields {
  return { app_path: place?.path ?? null, app_link: place?.link ?? null };
}

/**
 * For people: the path from where the two ways part, as in `releases/42/app.ts`. Undefined: no link
 * is involved, so that there is nothing to be told apart.
 */
export function placeWords({ app_path: path, app_link: link }: Partial<AppPlaceFields>) {
  if (typeof path !== "string" || typeof link !== "string") return undefined;
  const [folders, others] = [path.split("/"), link.split("/")];
  const shared = folders.findIndex((folder, at) => folder !== others[at] || at === others.length);
  // What shares nothing but the root is elsewhere.
  return shared <= 1 ? path : folders.slice(shared).join("/");
}

// A key of the file that is valid, but in another table: a name that was not mistyped is nearer to
// its own place than to any other name.
import type { Key, KeyPath } from "../schema/keys.ts";
import { bare } from "./nearest.ts";
import { namesHere } from "./other-names.ts";

/**
 * The suggestion for a key that is unknown where it stands, ready to be put in brackets: `did you
 * mean "cert" in [tls]?`. A name with its table's (`tls_cert`) and that of another server
 * (`ssl_certificate`) count as the key's own.
 *
 * @param path the key's names as the file has them
 * @param keys all keys of the file
 * @returns undefined if no table has such a key
 */
export function misplaced(path: KeyPath, keys: readonly Key[]): string | undefined {
  const table = path.slice(0, -1);
  const name = bare(path.at(-1) ?? "");
  const meant = namesHere(name);
  const places = placesOf(keys).filter((place) =>
    [place.at(-1) ?? "", place.join("_")].some((own) => own === name || meant.includes(own)),
  );
  const [nearest] = places.toSorted((a, b) => distance(a, table) - distance(b, table));
  if (nearest === undefined) return undefined;
  const home = nearest.slice(0, -1);
  const there = places.filter((place) => isSame(place.slice(0, -1), home));
  const names = there.map((place) => `"${place.at(-1)}"`).join(" and ");
  return `did you mean ${names}${whereIs(home, table)}?`;
}

/** Of all keys, and of the tables that they are in, as those can be misplaced too. */
function placesOf(keys: readonly Key[]): KeyPath[] {
  const tables = new Map(
    keys.flatMap(({ path }) =>
      path.slice(0, -1).map((_, at) => {
        const table = path.slice(0, at + 1);
        return [table.join("."), table] as const;
      }),
    ),
  );
  return [...keys.map(({ path }) => path), ...tables.values()];
}

/** The same table is nearest, then those that are less deep. */
function distance(place: KeyPath, table: KeyPath): number {
  return isSame(place.slice(0, -1), table) ? 0 : place.length;
}

function whereIs(place: KeyPath, table: KeyPath): string {
  if (isSame(place, table)) return "";
  return place.length === 0 ? " above the first table" : ` in [${place.join(".")}]`;
}

function isSame(a: KeyPath, b: KeyPath): boolean {
  return a.join(".") === b.join(".");
}

// Where a server listens can be given in ways that exclude each other: an address, a Unix socket,
// or the sockets that a service manager passes. What has more precedence counts then: `--port` over
// `uds` of the file. Only who gives two ways in one place has made a mistake.
import type { Setting, Source } from "../schema/setting.ts";
import { WAYS } from "../schema/together.ts";

/** The variable of a platform says where its proxy listens, when the app has a socket. */
const PLATFORM = "PORT";

interface Decided {
  readonly settings: readonly Setting[];
  /** One line each. */
  readonly errors: readonly string[];
}

/** @param sources in rising precedence */
export function decideWhere(sources: readonly Source[]): Decided {
  const errors: string[] = [];
  let settings: Setting[] = [];
  for (const source of sources) {
    const given = waysOf(source.settings);
    const [first, second] = given;
    if (first !== undefined && second !== undefined) errors.push(conflict(first, second));
    const isPlatforms = source.settings.every(({ place }) => place === PLATFORM);
    if (first !== undefined && isPlatforms && waysOf(settings).some((it) => it.way !== first.way)) {
      continue;
    }
    if (first !== undefined) settings = settings.filter((it) => !isOther(it, first.way));
    settings.push(...source.settings);
  }
  return { settings, errors };
}

interface Given {
  readonly way: number;
  readonly setting: Setting;
}

/** The first setting of each way that there is. */
function waysOf(settings: readonly Setting[]): Given[] {
  return WAYS.flatMap((names, way) => {
    // Off is no way to listen.
    const setting = settings.find(
      ({ key, value }) => (names as readonly string[]).includes(key.name) && value !== false,
    );
    return setting === undefined ? [] : [{ way, setting }];
  });
}

function isOther({ key }: Setting, way: number): boolean {
  const of = WAYS.findIndex((names) => (names as readonly string[]).includes(key.name));
  return of >= 0 && of !== way;
}

function conflict({ setting: one }: Given, { setting: other }: Given): string {
  return (
    `${other.place}: a server listens in one way, got ${other.key.name} = ${other.shown} beside ` +
    `${one.key.name} = ${one.shown} (${one.place}): leave one out`
  );
}

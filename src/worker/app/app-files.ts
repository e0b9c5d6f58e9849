// The files that this worker's app is loaded from, packages included, and their package.json and
// tsconfig.json. The first worker of a
// generation tells its master of them. Each later one makes sure that they are still the same:
// otherwise it would run other code under the same number. See core/rules/outdated.ts.
//
// Bun documents `require.cache` for CommonJS alone; that it lists all modules is tested.
import { changedAmong, type FileFacts, factsOf, withHash } from "../../os/file-facts.ts";
import { Manifests } from "./manifests.ts";

/** How long after the start the content of files is noted, and how many at a time. */
const NOTE_AFTER_MS = 100;
const AT_A_TIME = 10;
const PAUSE_MS = 20;

/** Files of pounce itself are in its executable. */
const IN_EXECUTABLE = /^\/\$bunfs\/|^(?!\/)/;

/** How soon a file is noted that an import has read, if that goes on. */
const LOOK_MS = 10;

export class AppFiles {
  readonly #startedMs = Date.now();
  readonly #noted = new Map<string, FileFacts>();
  readonly #manifests = new Manifests();
  #timer: Timer | undefined;

  /** @param expected what the first worker has loaded; undefined: this one is the first */
  constructor(readonly expected: readonly FileFacts[] | undefined) {}

  /** The paths of files that have changed since the first worker has loaded them. */
  get changed(): string[] {
    return changedAmong(this.expected ?? []);
  }

  /**
   * From now on notes what each file is soon after it was read: an app may take seconds to load,
   * and a deploy may come meanwhile.
   */
  begin(): void {
    if (this.expected !== undefined) return;
    this.#timer = setInterval(() => this.note(), LOOK_MS);
    this.#timer.unref();
  }

  /** Notes what has been read since. */
  note(): void {
    if (this.expected !== undefined) return;
    const isNew = (path: string): boolean => !this.#noted.has(path) && !IN_EXECUTABLE.test(path);
    const modules = Object.keys(require.cache).filter(isNew);
    const paths = [...modules, ...modules.flatMap((path) => this.#manifests.of(path))];
    // What an app writes as it is loaded has another time in each worker.
    for (const facts of factsOf(paths, this.#startedMs)) this.#noted.set(facts.path, facts);
  }

  /** What has been loaded, for the master; undefined: it knows already. */
  loaded(): FileFacts[] | undefined {
    if (this.expected !== undefined) return undefined;
    clearInterval(this.#timer);
    this.note();
    return [...this.#noted.values()];
  }

  /**
   * Files that were written as they were read: nobody knows what has been read. An app may have
   * written them itself.
   */
  get uncertain(): string[] {
    const all = [...this.#noted.values()];
    return all.filter(({ mtimeMs }) => mtimeMs >= this.#startedMs).map(({ path }) => path);
  }
}

/**
 * Notes what the files hold, a few at a time, so that no request waits: a file that is only written
 * again, or put back, is known by its content then.
 * @param tell gets all of them once that is done
 */
export function noteContent(
  files: readonly FileFacts[],
  tell: (files: readonly FileFacts[]) => void,
): void {
  const noted: FileFacts[] = [];
  const goOn = (): void => {
    for (const facts of files.slice(noted.length, noted.length + AT_A_TIME)) {
      noted.push(withHash(facts));
    }
    if (noted.length >= files.length) return tell(noted);
    setTimeout(goOn, PAUSE_MS).unref();
  };
  if (files.length > 0) setTimeout(goOn, NOTE_AFTER_MS).unref();
}

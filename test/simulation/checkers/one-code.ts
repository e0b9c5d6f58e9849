// No two codes share the number of a generation: all its workers have loaded the same version.

import { Checker, type Moment } from "./checker.ts";

export class OneCodeChecker extends Checker {
  readonly name = "one code";
  override readonly watchesSuccessor = true;
  readonly #codes = new Map<number, number>();

  override performed({ world }: Moment): void {
    // In dev whatever is on disk counts.
    if (world.isDev) return;
    for (const { id, generation, loaded } of world.living) {
      if (loaded === undefined) continue;
      const code = this.#codes.get(generation) ?? loaded;
      this.#codes.set(generation, code);
      if (code === loaded) continue;
      this.fail(
        `worker ${id} has loaded ${loaded}, and others of generation ${generation} ${code}`,
      );
    }
  }
}

// What every kind of package is made from, and what comes of it.
import type { Built } from "./executables.ts";

export interface Ingredients {
  /** The checkout. */
  readonly root: string;
  readonly version: string;
  readonly built: readonly Built[];
  /** The time of every file in a package, in seconds since 1970. */
  readonly seconds: number;
}

/** A package as one file. */
export interface PackageFile {
  /** Its path below dist. */
  readonly path: string;
  readonly content: Uint8Array;
}

// An invariant that is broken.

export class Violation extends Error {
  constructor(
    readonly checker: string,
    readonly why: string,
  ) {
    super(`${checker}: ${why}`);
  }
}

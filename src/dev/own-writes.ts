// Pure: files that the app itself writes each time it loads, such as code that it generates. Each
// load would be followed by another one.

/** So often in a row a file may change while a version loads, until that does not count. */
const MOST = 8;

export class OwnWrites {
  readonly #inARow = new Map<string, number>();

  /**
   * Notes that a file has changed. Returns whether that counts, and whether it is the first time
   * that it does not.
   * @param whileLoading a version was loading then
   */
  note(path: string, whileLoading: boolean): "counts" | "first-ignored" | "ignored" {
    if (!whileLoading) {
      this.#inARow.delete(path);
      return "counts";
    }
    const times = (this.#inARow.get(path) ?? 0) + 1;
    this.#inARow.set(path, times);
    if (times <= MOST) return "counts";
    return times === MOST + 1 ? "first-ignored" : "ignored";
  }
}

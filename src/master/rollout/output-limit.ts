// How much of what the operator's command prints is for the log: its beginning. A command that
// prints without end, or a whole page, would fill the log else.
import type { Piece } from "../../log/line-cutter.ts";

export const MOST_LINES = 200;
export const MOST_BYTES = 64 * 1024;

export class OutputLimit {
  #lines = 0;
  #bytes = 0;
  #leftOutLines = 0;
  #leftOutBytes = 0;

  /** The pieces that are for the log. After the first that is not, none is. */
  take(pieces: readonly Piece[]): Piece[] {
    return pieces.filter((piece) => this.#takes(piece));
  }

  /** How much was not. */
  get leftOut(): { readonly lines: number; readonly bytes: number } {
    return { lines: this.#leftOutLines, bytes: this.#leftOutBytes };
  }

  #takes({ text }: Piece): boolean {
    const bytes = Buffer.byteLength(text);
    const isFull = this.#lines >= MOST_LINES || this.#bytes + bytes > MOST_BYTES;
    if (isFull || this.#leftOutLines > 0) {
      this.#leftOutLines++;
      this.#leftOutBytes += bytes;
      return false;
    }
    this.#lines++;
    this.#bytes += bytes;
    return true;
  }
}

// Whether an event stream is between two events, from its bytes as they come.

const CR = 13;
const LF = 10;
/** More of a line need not be known: `data`, or a colon before a comment. */
const LONGEST_NAME = 5;

export class EventStream {
  #line = "";
  #hasData = false;
  #wasCr = false;

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === LF && this.#wasCr) this.#wasCr = false;
      else this.#takeByte(byte);
    }
  }

  /** The client has a part of an event: it would throw that away, should the stream end here. */
  get isWithinEvent(): boolean {
    return this.#hasData || (this.#line !== "" && !this.#line.startsWith(":"));
  }

  #takeByte(byte: number): void {
    this.#wasCr = byte === CR;
    if (byte === CR || byte === LF) this.#endLine();
    else if (this.#line.length < LONGEST_NAME) this.#line += String.fromCharCode(byte);
  }

  /** An empty line ends an event. */
  #endLine(): void {
    if (this.#line === "") this.#hasData = false;
    else if (/^data(:|$)/.test(this.#line)) this.#hasData = true;
    this.#line = "";
  }
}

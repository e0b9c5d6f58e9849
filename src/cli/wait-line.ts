// What a person sees at a terminal while a reload lasts: one line on stderr with what is under way,
// written anew each second; and, at Ctrl-C, that the server goes on all the same.
import { ask } from "../admin/client.ts";
import type { Snapshot } from "../admin/protocol.ts";
import { onOneLine } from "../log/printable.ts";
import { isTerminal } from "../os/is-terminal.ts";
import { ifEnded } from "./ended.ts";

const STDERR = 2;
/** Most reloads are over before that. */
const LOOK_MS = 1000;
const USUAL_COLUMNS = 80;
const FROM_START = "\r\u001b[K";

const GOES_ON = "The server goes on with the reload: pounce status shows how it is";

/** The line, from the moment when a server has taken the order until `end`. */
export class WaitLine {
  #path: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isShown = false;
  #isOver = false;

  constructor(readonly isShowing = isTerminal(STDERR) && process.env["TERM"] !== "dumb") {}

  /** @param path the control socket of that server, or of the one that it has handed over to */
  begin(path: string): void {
    const isFirst = this.#path === undefined;
    this.#path = path;
    ifEnded(() => {
      this.#clear();
      process.stderr.write(`${GOES_ON}\n`);
    });
    if (isFirst && this.isShowing) this.#lookLater();
  }

  end(): void {
    this.#isOver = true;
    ifEnded(undefined);
    clearTimeout(this.#timer);
    this.#clear();
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  async #look(): Promise<void> {
    const reply = await ask(this.#path ?? "", "GET", "/status");
    if (this.#isOver) return;
    const words = reply.kind === "answer" ? wordsOf(reply.body) : "";
    if (words !== "") this.#show(words);
    this.#lookLater();
  }

  #show(words: string): void {
    // One column is left free: a full line may wrap.
    const columns = process.stderr.columns || USUAL_COLUMNS;
    process.stderr.write(`${FROM_START}${onOneLine(words).slice(0, columns - 1)}`);
    this.#isShown = true;
  }

  #clear(): void {
    if (this.#isShown) process.stderr.write(FROM_START);
    this.#isShown = false;
  }
}

/** What a snapshot says of reloads. */
function wordsOf({ under_way: activities = [] }: Partial<Snapshot>): string {
  return activities
    .filter(({ what }) => what === "reload" || what === "outage")
    .map(({ words }) => words)
    .join("; ");
}

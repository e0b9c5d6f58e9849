// Whether reloads of a server that does not tell of them have left a trace: a process that began or
// ended.
import { groupMembers } from "../../os/process-group.ts";
import { here } from "../../platform.ts";

export class Traces {
  #before: string | undefined;
  #hasTrace = false;

  /** @param group of the server; undefined: it is not known */
  constructor(readonly group: number | undefined) {}

  /** Looks. To be called before each reload. */
  look(): void {
    if (this.group === undefined || !here.hasProc) return;
    const now = groupMembers(this.group).join(" ");
    this.#hasTrace ||= this.#before !== undefined && now !== this.#before;
    this.#before = now;
  }

  /** After the last reload: what is not known. */
  doubts(): string[] {
    if (this.#before === undefined) return ["whether --reload loads anything new is not known"];
    this.look();
    if (this.#hasTrace) return [];
    return ["no process of it began or ended: does --reload load anything new?"];
  }
}

// How a simulated worker comes up: it starts, loads its app once it may, binds, warms up, and is
// ready, unless its fate is another.

import type { ToWorker } from "../../../../src/ipc/messages.ts";
import type { FileFacts } from "../../../../src/os/file-facts.ts";
import { version } from "../../../../src/version.ts";
import { filesOf, isChanged, wantsLead } from "../disk.ts";
import type { Outcome } from "../fate.ts";
import type { Self } from "./self.ts";

export class Startup {
  /** What the first worker of its generation was loaded from. */
  #expected: readonly FileFacts[] | undefined;
  #hasStarted = false;
  #mayLoad = false;

  constructor(readonly worker: Self) {
    worker.after(worker.fate.startMs, () => {
      worker.say({ type: "started", version });
      this.#hasStarted = true;
      this.#beginToLoad();
    });
  }

  load({ files }: Extract<ToWorker, { readonly type: "load" }>): void {
    if (!this.worker.world.isDev) this.#expected = files;
    this.#mayLoad = true;
    this.#beginToLoad();
  }

  #beginToLoad(): void {
    const { fate } = this.worker;
    if (!this.#hasStarted || !this.#mayLoad) return;
    this.worker.after(fate.loadMs, () => this.outcome(fate.load, "load", () => this.#load()));
  }

  /** Told to load, it looks first whether that is still what its generation was loaded from. */
  #load(): void {
    const { worker } = this;
    const { disk } = worker.world;
    const { number, loads } = disk.written;
    if (this.#expected?.some(isChanged(worker.world)) === true) {
      worker.say({ type: "outdated", files: ["/app/app.ts"] });
      return worker.end();
    }
    if (!loads) return worker.fail("load");
    worker.loaded = number;
    const appFiles = this.#expected === undefined ? filesOf(disk.written) : undefined;
    const about = { file: `/app/v${number}.ts`, shape: "fetch", notes: [] };
    worker.say({ type: "loaded", ...about, wantsLead: wantsLead(number), appFiles });
  }

  warmUp(): void {
    const { worker } = this;
    const { warmUpMs, warmUp } = worker.fate;
    worker.after(warmUpMs, () =>
      this.outcome(warmUp, "warm-up", () => {
        if (worker.stage === "starting") worker.stage = "ready";
        worker.say({ type: "ready" });
        worker.connections.lookSoon();
      }),
    );
  }

  outcome(outcome: Outcome, what: string, succeed: () => void): void {
    switch (outcome) {
      case "succeeds":
        return succeed();
      case "fails":
        return this.worker.fail(what);
      case "dies":
        return this.worker.die(`exit code 1 in ${what}`);
      case "hangs":
        return this.worker.hang();
      default:
        outcome satisfies never;
    }
  }
}

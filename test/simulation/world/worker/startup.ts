// How a simulated worker comes up: it starts, loads its app once it may, binds, warms up, and is
// ready, unless its fate is another.

import type { ToWorker } from "../../../../src/ipc/messages.ts";
import type { FileFacts } from "../../../../src/os/file-facts.ts";
import { version } from "../../../../src/version.ts";
import { filesOf, isChanged, type Version, wantsLead } from "../disk.ts";
import type { Outcome } from "../fate.ts";
import type { Self } from "./self.ts";

export class Startup {
  /** What the first worker of its generation was loaded from. */
  #expected: readonly FileFacts[] | undefined;
  #hasStarted = false;
  #mayLoad = false;
  #warmsUpFirst = false;
  /** What is to be asked before the first client comes has been asked. */
  isWarm = false;

  constructor(readonly worker: Self) {
    worker.after(worker.fate.startMs, () => {
      worker.say({ type: "started", version });
      this.#hasStarted = true;
      this.#beginToLoad();
    });
  }

  load({ files, warmsUpFirst }: Extract<ToWorker, { readonly type: "load" }>): void {
    if (!this.worker.world.isDev) this.#expected = files;
    this.#mayLoad = true;
    this.#warmsUpFirst = warmsUpFirst === true;
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
    const { written } = disk;
    const { number, loads } = written;
    if (this.#expected?.some(isChanged(worker.world)) === true) {
      worker.say({ type: "outdated", files: ["/app/app.ts"] });
      return worker.end();
    }
    if (!loads) return worker.fail("load");
    worker.loaded = number;
    if (this.#warmsUpFirst) this.#warmUp(() => this.#tellLoaded(written));
    else this.#tellLoaded(written);
  }

  #tellLoaded(written: Version): void {
    const { number } = written;
    const appFiles = this.#expected === undefined ? filesOf(written) : undefined;
    const about = { file: `/app/v${number}.ts`, shape: "fetch", notes: [] };
    this.worker.say({ type: "loaded", ...about, wantsLead: wantsLead(number), appFiles });
  }

  /** It listens: it is ready as soon as it is warm. */
  becomeReady(): void {
    const { worker } = this;
    this.#warmUp(() => {
      if (worker.stage === "starting") worker.stage = "ready";
      worker.say({ type: "ready" });
      worker.connections.lookSoon();
    });
  }

  #warmUp(done: () => void): void {
    if (this.isWarm) return done();
    const { warmUp, warmUpMs } = this.worker.fate;
    this.worker.after(warmUpMs, () =>
      this.outcome(warmUp, "warm-up", () => {
        this.isWarm = true;
        done();
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

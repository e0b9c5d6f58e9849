// Shells with one mistake each, to prove that the checkers see it.

import { Control } from "../../src/master/control.ts";
import { ControlLoop } from "../../src/master/loop.ts";
import { CounterPages } from "../../src/master/reports/counter-pages.ts";
import { Metrics } from "../../src/master/reports/metrics.ts";
import { Receipts } from "../../src/master/reports/receipts.ts";
import { Listeners } from "../../src/master/workers/listeners.ts";
import { SharedSockets } from "../../src/master/workers/shared-sockets.ts";
import { instead } from "./broken-shell.ts";
import { AnswersChecker } from "./checkers/answers.ts";
import { DescriptorsChecker } from "./checkers/descriptors.ts";
import { FaultsChecker } from "./checkers/faults.ts";
import { MetricsChecker } from "./checkers/metrics.ts";
import { ReceiptsChecker } from "./checkers/receipts.ts";
import { SharedChecker } from "./checkers/shared.ts";
import { WaitsChecker } from "./checkers/waits.ts";
import type { Mistake } from "./mistake.ts";

function nothing(): undefined {}

function throws(): never {
  throw new TypeError("undefined is not an object");
}

/** By what is wrong with each. */
export const shellMistakes: Readonly<Record<string, Mistake>> = {
  "receipt that leaves out what workers did": {
    checker: () => new ReceiptsChecker(),
    shell: instead(Receipts, "noteDrain", () => nothing),
  },
  "receipt that nobody writes": {
    checker: () => new ReceiptsChecker(),
    shell: instead(Receipts, "observe", () => nothing),
  },
  "crash that is not counted": {
    checker: () => new MetricsChecker(),
    shell: instead(Metrics, "observe", () => nothing),
  },
  "counts that are lost in a handover": {
    checker: () => new MetricsChecker(),
    shell: instead(Metrics, "takeOver", () => nothing),
  },
  "requests that are told twice in a handover": {
    checker: () => new MetricsChecker(),
    shell: instead(
      CounterPages,
      "unreported",
      () =>
        function () {
          return this.total;
        },
    ),
  },
  "listeners that are kept after a handover": {
    checker: () => new DescriptorsChecker(),
    shell: instead(Listeners, "closeAll", () => nothing),
  },
  "listener that is closed twice": {
    checker: () => new DescriptorsChecker(),
    shell: instead(
      Listeners,
      "close",
      (close) =>
        function (address, worker, programs) {
          const descriptor = this.has(worker) ? this.descriptorOf(address, worker) : undefined;
          close.call(this, address, worker, programs);
          if (descriptor !== undefined) this.sockets.close(descriptor);
        },
    ),
  },
  "command that is answered to nobody": {
    checker: () => new AnswersChecker(),
    shell: instead(Control, "answer", () => nothing),
  },
  "error of the shell's own": {
    checker: () => new FaultsChecker(),
    shell: instead(Listeners, "quiet", () => throws),
  },
  "shared socket that is given up with its last worker": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(
      SharedSockets,
      "close",
      (close) =>
        function (...given) {
          close.apply(this, given);
          this.keepOnly([]);
        },
    ),
  },
  "path that goes when one of its workers leaves": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(
      SharedSockets,
      "close",
      (close) =>
        function (address, worker, program) {
          this.context.withdraw(this.descriptorOf(address, worker), address);
          close.call(this, address, worker, program);
        },
    ),
  },
  "shared socket that the master closes while workers have it": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(
      SharedSockets,
      "add",
      (add) =>
        function (address, worker) {
          add.call(this, address, worker);
          this.context.close(this.descriptorOf(address, worker));
        },
    ),
  },
  "new workers that nobody tells to accept": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(
      SharedSockets,
      "steer",
      (steer) =>
        function (address, program) {
          if (program === undefined) return;
          steer.call(this, address, program);
        },
    ),
  },
  "shared socket that nobody gives up": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(SharedSockets, "keepOnly", () => nothing),
  },
  "shared socket that waits for a worker which has ended before it bound": {
    checker: () => new SharedChecker(),
    isShared: true,
    shell: instead(SharedSockets, "abandon", () => nothing),
  },
  "failure of an effect that nobody hears of": {
    checker: () => new WaitsChecker(),
    shell: instead(ControlLoop, "failed", () => nothing),
  },
};

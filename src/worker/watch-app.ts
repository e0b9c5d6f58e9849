// What an app does to the process that it shares with its worker: signals that come or that it
// sends itself, ends of the process, and errors outside of requests. Who hears of each is here.
import type { LogEvent } from "../core/log-events.ts";
import { holdProcess } from "./app/alive.ts";
import { AppSignals, SIGNAL_EVENTS } from "./app/app-signals.ts";
import { HeldEvents } from "./app/held-events.ts";
import { cutOffNote } from "./app/last-handlers.ts";
import { UNCAUGHT_EVENTS, watchUncaught } from "./app/uncaught.ts";
import type { Ending } from "./ending.ts";
import type { Loading } from "./loading.ts";
import type { Servers } from "./serve/servers.ts";
import type { Serving } from "./serving.ts";
import type { System } from "./system.ts";
import type { ToMaster } from "./to-master.ts";
import { UncaughtErrors } from "./uncaught-errors.ts";

/** A worker as it is when something happens. */
interface Watching<S extends Servers> {
  readonly system: System<S>;
  readonly master: ToMaster;
  /** Undefined: the master has not asked for the app yet. */
  readonly loading: () => Loading<S> | undefined;
  /** Undefined: the app has not loaded yet. */
  readonly serving: () => Serving<S> | undefined;
  readonly ending: () => Ending;
  /** The master is gone. */
  readonly onOrphaned: () => void;
}

/** Watches from now on. To be called before anything of the app is loaded. */
export function watchApp<S extends Servers>(worker: Watching<S>): AppSignals {
  const held = new HeldEvents([...SIGNAL_EVENTS, ...UNCAUGHT_EVENTS, "beforeExit"]);
  holdProcess(held);
  const signals = watchSignals(held, worker);
  watchErrors(held, worker);
  return signals;
}

type Held = HeldEvents<(typeof SIGNAL_EVENTS | typeof UNCAUGHT_EVENTS)[number] | "beforeExit">;

function watchSignals<S extends Servers>(held: Held, worker: Watching<S>): AppSignals {
  const { system, master, loading, serving, ending, onOrphaned } = worker;
  const masterPid = system.parentPid();
  const tell = (event: LogEvent, what: string, thrown: unknown): void =>
    loading()?.log.error(event, what, { thrown });
  const warn = (event: LogEvent, what: string): void => loading()?.log.warn(event, what);
  return new AppSignals({
    held,
    onTerm: () => {
      if (system.parentPid() !== masterPid) onOrphaned();
    },
    onExit: (thrown) => {
      if (!master.isReady || loading()?.isReplaced === true) return loading()?.failByExit(thrown);
      tell("app-exited", "the app ended its process", thrown);
      serving()?.answerBeforeExit();
    },
    onLeave: () => ending().endChildren(),
    onSelfSignal: (signal) =>
      warn("self-signal", `the app sent itself ${signal}, which pounce ignores`),
    onError: (thrown, which) => tell("signal-handler-threw", `the app's ${which} threw`, thrown),
    onCutOff: (which, cutOff) => warn("signal-handler-cut", cutOffNote(which, cutOff)),
  });
}

function watchErrors<S extends Servers>(held: Held, worker: Watching<S>): void {
  const uncaught = new UncaughtErrors(worker.master, () => worker.ending().exit(1));
  watchUncaught(held, (error, promise) => {
    const loading = worker.loading();
    if (loading === undefined) throw error;
    const handlers = worker.serving()?.loaded.servers.handlers;
    if (promise !== undefined && handlers?.hasAnswered(promise, error) === true) return;
    handlers?.webSockets.keeper?.suspects.threw(performance.now());
    // What is left of an app that does not load harms nobody.
    if (!loading.isReplaced) uncaught.take(error, loading, handlers?.inFlight);
  });
}

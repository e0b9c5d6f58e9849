// Events of `process` that pounce gets before the app does: signals and uncaught errors. The app
// adds and removes listeners as usual, and sees its own. They are kept under another name, so that
// Bun calls only pounce's listener, and pounce decides when to call the app's.

type Listener = (...args: readonly unknown[]) => unknown;

/** The methods of an emitter whose first argument is the name of an event. */
const METHODS = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
  "off",
  "removeListener",
  "listeners",
  "rawListeners",
  "listenerCount",
] as const;
/** Those whose listener is called once. */
const ONCE: ReadonlySet<string> = new Set(["once", "prependOnceListener"]);

type Method = (name: unknown, ...rest: readonly unknown[]) => unknown;

export class HeldEvents<Name extends string> {
  readonly #names: ReadonlyMap<unknown, symbol>;
  readonly #on = process.on.bind(process) as (name: string, listener: Listener) => void;
  readonly #listeners = process.listeners.bind(process) as (name: symbol) => Listener[];
  readonly #off = process.off.bind(process) as (name: symbol, listener: Listener) => void;
  /** The listeners to call only once, by the name that they are kept under. */
  readonly #once = new Map<unknown, Set<unknown>>();

  /** Holds these events from now on. Existing listeners are pounce's own. */
  constructor(names: readonly Name[]) {
    // Bun takes a symbol for the signal that its description names.
    this.#names = new Map(names.map((name) => [name, Symbol(`of the app: ${name}`)]));
    for (const name of METHODS) this.#replace(name);
    this.#replaceEmit();
    this.#replaceRest();
  }

  /** Adds a listener of pounce. */
  own(name: Name, listener: Listener): void {
    this.#on(name, listener);
  }

  /** The app's listeners. */
  listeners(name: Name): Listener[] {
    return this.#listeners(this.#aside(name) as symbol);
  }

  /**
   * Calls the app's listeners. Returns whether there were any. Throws what one of them throws:
   * Bun's own `emit` would take that for an uncaught error, which ends the process if it comes from
   * a listener for uncaught errors.
   */
  emit(name: Name, ...args: readonly unknown[]): boolean {
    const listeners = this.take(name);
    for (const listener of listeners) listener.call(process, ...args);
    return listeners.length > 0;
  }

  /** The app's listeners, which the caller calls now: those to be called once are removed. */
  take(name: Name): Listener[] {
    const aside = this.#aside(name) as symbol;
    const listeners = this.#listeners(aside);
    for (const listener of listeners) {
      if (this.#once.get(aside)?.delete(listener) === true) this.#off(aside, listener);
    }
    return listeners;
  }

  #aside(name: unknown): unknown {
    return this.#names.get(name) ?? name;
  }

  #replace(method: (typeof METHODS)[number]): void {
    const original = process[method] as Method;
    const note = (name: unknown, listener: unknown): unknown => {
      const aside = this.#aside(name);
      if (aside !== name && ONCE.has(method)) this.#onceOf(aside).add(listener);
      return aside;
    };
    define(method, function (this: unknown, name: unknown, ...rest: readonly unknown[]) {
      return original.call(this, note(name, rest[0]), ...rest);
    });
  }

  #onceOf(aside: unknown): Set<unknown> {
    const found = this.#once.get(aside) ?? new Set();
    this.#once.set(aside, found);
    return found;
  }

  #replaceEmit(): void {
    const emit = process.emit as Method;
    const isHeld = (name: unknown): name is Name => this.#names.has(name);
    const own = (name: Name, ...args: readonly unknown[]): boolean => this.emit(name, ...args);
    define("emit", function (this: unknown, name: unknown, ...args: readonly unknown[]) {
      return isHeld(name) ? own(name, ...args) : emit.call(this, name, ...args);
    });
  }

  #replaceRest(): void {
    const { eventNames, removeAllListeners } = process;
    const named = new Map([...this.#names].map(([name, symbol]) => [symbol as unknown, name]));
    const namesOfApp = (): unknown[] =>
      eventNames.call(process).filter((name) => !this.#names.has(name));
    define("eventNames", () => namesOfApp().map((name) => named.get(name) ?? name));
    const removeAll = removeAllListeners as (name: unknown) => unknown;
    define("removeAllListeners", (...names: readonly unknown[]) => {
      const removed = names.length > 0 ? names.map((name) => this.#aside(name)) : namesOfApp();
      for (const name of removed) removeAll.call(process, name);
      return process;
    });
  }
}

/** Defined where `process` has its methods from: code that takes them from there gets these too. */
function define(name: string, value: (...args: never[]) => unknown): void {
  let owner: object = process;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  Object.defineProperty(owner, name, { configurable: true, writable: true, value });
}

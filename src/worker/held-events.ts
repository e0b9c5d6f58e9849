// Events of `process` that are pounce's before they are the app's: signals, and errors that nobody has
// caught. The app adds and removes listeners as ever, and sees its own. They are kept under another name,
// so that Bun calls pounce's listener alone, and pounce decides when the app's are called.

type Listener = (...args: readonly unknown[]) => unknown;

/** The methods of an emitter that take the name of an event first. */
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
  "emit",
] as const;

type Method = (name: unknown, ...rest: readonly unknown[]) => unknown;

export class HeldEvents<Name extends string> {
  readonly #names: ReadonlyMap<unknown, symbol>;
  readonly #on = process.on.bind(process) as (name: string, listener: Listener) => void;
  readonly #listeners = process.listeners.bind(process) as (name: symbol) => Listener[];
  readonly #emit = process.emit.bind(process) as (name: symbol, ...args: unknown[]) => boolean;

  /** Holds these events from now on. Whoever listens already is pounce. */
  constructor(names: readonly Name[]) {
    // Bun takes a symbol for the signal that it is described by.
    this.#names = new Map(names.map((name) => [name, Symbol(`of the app: ${name}`)]));
    for (const name of METHODS) this.#replace(name);
    this.#replaceRest();
  }

  /** Listens as pounce. */
  own(name: Name, listener: Listener): void {
    this.#on(name, listener);
  }

  /** The app's listeners. */
  listeners(name: Name): Listener[] {
    return this.#listeners(this.#aside(name) as symbol);
  }

  /** Calls the app's listeners. Whether there was one. */
  emit(name: Name, ...args: readonly unknown[]): boolean {
    return this.#emit(this.#aside(name) as symbol, ...args);
  }

  #aside(name: unknown): unknown {
    return this.#names.get(name) ?? name;
  }

  #replace(method: (typeof METHODS)[number]): void {
    const original = process[method] as Method;
    const aside = (name: unknown): unknown => this.#aside(name);
    define(method, function (this: unknown, name: unknown, ...rest: readonly unknown[]) {
      return original.call(this, aside(name), ...rest);
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

function define(name: string, value: (...args: never[]) => unknown): void {
  Object.defineProperty(process, name, { configurable: true, writable: true, value });
}

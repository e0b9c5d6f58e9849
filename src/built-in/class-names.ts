// Gives the classes of built-in modules the names of their exports, which apps, logs and `pounce
// check` show. The bundler shortens them: with --keep-names, Bun 1.4 only stops dropping names, and
// two classes of the same name in one chunk could not both keep it.

/** Gives each exported class the name of its export. Returns the exports. */
export function nameClasses<Exports extends object>(exports: Exports): Exports {
  for (const [name, value] of Object.entries(exports)) {
    if (name === "default" || !isClass(value)) continue;
    Object.defineProperty(value, "name", { value: name, configurable: true });
  }
  return exports;
}

/** Whether a value is a class, rather than a function that can be called with `new`. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

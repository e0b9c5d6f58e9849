// Classes of built-in modules have the names that they are exported by, which apps, logs and
// `pounce check` show. The bundler shortens them: --keep-names of Bun 1.4 only keeps it from
// leaving names out, and two classes of one name in a chunk could not both keep it.

/** Names each exported class as its export is named. Returns the exports. */
export function nameClasses<Exports extends object>(exports: Exports): Exports {
  for (const [name, value] of Object.entries(exports)) {
    if (name === "default" || !isClass(value)) continue;
    Object.defineProperty(value, "name", { value: name, configurable: true });
  }
  return exports;
}

/** Whether a value is a class, and not merely a function that can be called with `new`. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

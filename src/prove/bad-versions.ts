// Versions of an app's module that a reload must reject, and when each is tried.

/** Each with its source, which is wrong in an ES module as in a CommonJS one, with types or not. */
const SOURCES = {
  "does not parse": "const app = {;\n",
  "throws at load": 'throw new Error("a bad version, put here by pounce prove");\n',
  "ends its process": "process.exit(1);\n",
  // Without a loop, which would take the processor from those who serve.
  "never finishes loading": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n",
} as const;

export type BadVersion = keyof typeof SOURCES;

export function sourceOf(version: BadVersion): string {
  return SOURCES[version];
}

/** A reload waits that long for a version that never finishes loading. */
const MOST_PATIENT_MS = 5000;

/** Which versions are tried in turn, and for each other one why it is not. */
export function badVersions(startupTimeoutMs: number) {
  const all = Object.keys(SOURCES) as BadVersion[];
  if (startupTimeoutMs <= MOST_PATIENT_MS) return { tried: all, untried: [] };
  const slow: BadVersion = "never finishes loading";
  const why = `startup_timeout is ${startupTimeoutMs / 1000} s; --startup-timeout 3s`;
  return { tried: all.filter((version) => version !== slow), untried: [`${slow} (${why})`] };
}

/** What each reload loads: bad versions in turn between good ones. */
export function scheduleOf(
  reloads: number,
  bad: readonly BadVersion[],
): readonly ("good" | BadVersion)[] {
  return Array.from({ length: reloads }, (_, index) => {
    const next = bad[index % bad.length];
    const isLast = index === reloads - 1 && index > 0;
    return next === undefined || isLast ? (["good"] as const) : (["good", next] as const);
  }).flat();
}

// What a check has found. The worst level decides the exit code.

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** `warning`: a server would serve, but not as well as it could. `error`: it would not start. */
  readonly level: "ok" | "warning" | "error";
  /** Whether all is well. */
  readonly ok: boolean;
  readonly found: string;
  /** What to do, if something could be better. */
  readonly advice: string | undefined;
}

export function fine(name: string, found: string, advice?: string): Finding {
  return { name, level: "ok", ok: true, found, advice };
}

export function warning(name: string, found: string, advice?: string): Finding {
  return { name, level: "warning", ok: false, found, advice };
}

export function fault(name: string, found: string, advice?: string): Finding {
  return { name, level: "error", ok: false, found, advice };
}

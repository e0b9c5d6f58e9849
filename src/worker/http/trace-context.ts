// The trace that a request belongs to, as its header `traceparent` says (W3C Trace Context). It
// ends up in logs, so nothing but a valid one counts: hexadecimal digits and no more.

export interface Trace {
  readonly traceId: string;
  /** Of the caller's span. */
  readonly spanId: string;
}

/** Version, trace, span and flags. A later version may go on after a further dash. */
const FORM = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;
const ZEROS = /^0+$/;
/** A version that no standard will have. */
const NEVER = "ff";
/** The version that has nothing after its flags. */
const FIRST = "00";

/** @param header its value; two headers of this name, which Bun joins, are no trace */
export function traceIn(header: string | null | undefined): Trace | undefined {
  if (header === null || header === undefined) return undefined;
  const [, version, traceId = "", spanId = "", more] = FORM.exec(header) ?? [];
  if (version === undefined || version === NEVER) return undefined;
  if (version === FIRST && more !== undefined) return undefined;
  return ZEROS.test(traceId) || ZEROS.test(spanId) ? undefined : { traceId, spanId };
}

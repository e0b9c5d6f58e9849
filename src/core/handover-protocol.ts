// The protocols that two masters can speak to each other, see ipc/handover-messages.ts. The masters
// are different builds, so each says which protocols it knows.

/** A change of the messages that an older build would not survive needs a new protocol. */
export const PROTOCOLS: readonly number[] = [1];

/** The highest protocol that both sides speak; `undefined` when there is none. */
export function commonProtocol(theirs: readonly number[]): number | undefined {
  return PROTOCOLS.filter((protocol) => theirs.includes(protocol)).toSorted((a, b) => b - a)[0];
}

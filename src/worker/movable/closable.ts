// What pounce closes at a reload, if it does not move.

/** What can be asked to end: a WebSocket of Bun, or a connection that a program has taken over. */
export interface Closable {
  /** Where it waits for something first, a later call says with what it is closed then. */
  close(code: number, reason: string): void;
  /** The close frame has been written, and the connection is still open. */
  readonly isAsked?: boolean;
  /** A WebSocket that can never move to another worker. Left out: another knows. */
  readonly isUnfit?: boolean;
  /** Bytes that `close` may lose, see backlog.ts. */
  getBufferedAmount?(): number;
}

// What is known of a drain when it begins.

/** How a worker drains. */
export interface Draining {
  /** New connections go to other workers, though the listener stays open. */
  readonly isSteered: boolean;
  /** How long it may take. */
  readonly timeoutMs: number;
  /** Whether to close idle connections rather than wait for them; that may change. */
  readonly closesIdle: () => boolean;
}

// The limit for idle connections where Bun's own timer ends them.

/**
 * Bun's least idle timeout in seconds: with less, its timer, which ticks every four seconds, would
 * end connections that are not idle.
 */
const LEAST = 8;
const MOST = 255;

/** The limit in seconds, within what Bun can do. */
export function idleSeconds(keepAliveMs: number): number {
  return Math.min(Math.max(Math.ceil(keepAliveMs / 1000), LEAST), MOST);
}

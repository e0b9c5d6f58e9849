// How a size is written in the log and in every message.

const UNITS = [
  ["TiB", 1024 ** 4],
  ["GiB", 1024 ** 3],
  ["MiB", 1024 ** 2],
  ["KiB", 1024],
] as const;

/** `16MiB`: a whole number of the unit, else of bytes. Also valid in the configuration. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

// Names that say which connection a request came on. A mutated one is no name of any connection.

const PATTERN = /m(\d+)c([\da-z]+)z/g;

const sumOf = (id: number): string => (Math.imul(id + 1, 2_654_435_761) >>> 0).toString(36);

/** The name of a connection. */
export function markerOf(id: number): string {
  return `m${id}c${sumOf(id)}z`;
}

/** The connections that are named in a text. */
export function markersIn(text: string): number[] {
  const named = [...text.matchAll(PATTERN)].map(([, id, sum]) => [Number(id), sum] as const);
  return named.filter(([id, sum]) => sumOf(id) === sum).map(([id]) => id);
}

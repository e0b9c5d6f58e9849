// A part of a whole as messages write it.

/** In percent, with as many places as say something: `0`, `2.5`, `100`. @param part from 0 to 1 */
export function percent(part: number): number {
  return Number((part * 100).toFixed(2));
}

// How messages write a part of a whole.

/** `2.5 %`, with as many places as say something: `0 %`, `100 %`. @param part from 0 to 1 */
export function percent(part: number): string {
  return `${Number((part * 100).toFixed(2))} %`;
}

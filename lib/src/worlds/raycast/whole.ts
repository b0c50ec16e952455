/**
 * Whole numbers that an engine counts and indexes with as such. What `Math.floor` alone gives may be a fraction or −0 as far
 * as it knows, and is converted and checked again at every use, which costs more than most samples do.
 */

/** The whole number at or below `value`, which lies within ±2³¹. */
export function wholeBelow(value: number): number {
  return Math.floor(value) | 0;
}

/** The first whole number from `value` on that lies in 0 to `most`. */
export function wholeFrom(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.ceil(value))) | 0;
}

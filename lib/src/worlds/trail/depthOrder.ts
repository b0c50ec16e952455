/** Things in order of their depth, nearest first: sorted into bins, then within them, since a frame has hundreds. */
import { wholeBelow } from "../raycast/whole.js";

const bins = 512;
const begins = new Int32Array(bins + 1); // used anew by every call

/**
 * Writes the numbers of the first `count` depths to `order`; equal ones stay in their order.
 *
 * @param nearest, furthest what all depths lie between, in metres
 */
export function depthOrder(
  depths: Float64Array,
  count: number,
  nearest: number,
  furthest: number,
  order: Int32Array,
): void {
  const perMetre = (bins - 1) / (furthest - nearest);
  begins.fill(0);
  for (let i = 0; i < count; i++) begins[wholeBelow((depths[i] - nearest) * perMetre) + 1]++;
  for (let bin = 1; bin < bins; bin++) begins[bin] += begins[bin - 1];
  for (let i = 0; i < count; i++) order[begins[wholeBelow((depths[i] - nearest) * perMetre)]++] = i;
  for (let at = 1; at < count; at++) {
    const moved = order[at];
    let to = at;
    for (; to > 0 && depths[order[to - 1]] > depths[moved]; to--) order[to] = order[to - 1];
    order[to] = moved;
  }
}

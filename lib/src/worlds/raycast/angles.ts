/**
 * Angles of directions from products and square roots alone, since Node's own `Math.atan2` differs in the last bit between
 * versions and worlds promise equal bits on all of them.
 */

/** Angle of the direction (x, y) in radians, in (−π, π]; 0 for no direction at all. */
export function directionAngle(x: number, y: number): number {
  const length = Math.sqrt(x * x + y * y);
  if (length === 0) return 0;
  if (x < 0 && Math.abs(y) < 1e-100 * length) return Math.PI;
  // Three times tan(a / 2) = sin a / (1 + cos a) leaves at most π / 8, where the series is short.
  let tangent = y / (length + x);
  if (x < 0) tangent = (length - x) / y;
  for (let i = 0; i < 2; i++) tangent /= 1 + Math.sqrt(1 + tangent * tangent);
  const s = tangent * tangent;
  let sum = 0;
  for (let n = 41; n >= 1; n -= 2) sum = 1 / n - s * sum;
  return 8 * tangent * sum;
}

/** The same angle in [−π, π). */
export function wrapAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

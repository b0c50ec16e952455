/**
 * Sine and cosine from sums and products alone. JavaScript leaves the last bit of `Math.sin` to the engine, and engines
 * disagree; these give the same bits on all. Right to about 1e-15 for angles up to a few turns.
 */

/** x − x³/3! + … for |x| ≤ π/4. */
function sineSeries(x: number): number {
  let sum = 1;
  for (let k = 18; k >= 2; k -= 2) sum = 1 - ((x * x) / (k * (k + 1))) * sum;
  return x * sum;
}

/** 1 − x²/2! + … for |x| ≤ π/4. */
function cosineSeries(x: number): number {
  let sum = 1;
  for (let k = 18; k >= 2; k -= 2) sum = 1 - ((x * x) / (k * (k - 1))) * sum;
  return sum;
}

/** Sine of an angle in radians. */
export function sine(angle: number): number {
  const quarters = Math.round(angle / (Math.PI / 2));
  const rest = angle - quarters * (Math.PI / 2);
  const value = quarters % 2 === 0 ? sineSeries(rest) : cosineSeries(rest);
  return (((quarters % 4) + 4) % 4 >= 2 ? -1 : 1) * value;
}

/** Cosine of an angle in radians. */
export function cosine(angle: number): number {
  return sine(angle + Math.PI / 2);
}

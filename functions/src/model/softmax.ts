/**
 * Softmax bit for bit as the module computes it (XGBoost 0.7, `common::Softmax`): float32 exponentials of margin - largest
 * margin, their sum in float64, each divided by the sum in float32.
 * @param margins finite
 */
export function softmax(margins: Float32Array): Float32Array {
  const largest = margins.reduce((a, b) => Math.max(a, b));
  const exponentials = margins.map((margin) => expf(Math.fround(margin - largest)));
  const sum = Math.fround(exponentials.reduce((a, b) => a + b, 0));
  return exponentials.map((exponential) => exponential / sum);
}

const LN2_HIGH = Math.fround(6.9314575195e-1);
const LN2_LOW = Math.fround(1.4286067653e-6);
const INVERSE_LN2 = Math.fround(1.4426950216);
const P1 = Math.fround(1.666662544e-1);
const P2 = Math.fround(-2.7667332906e-3);

/**
 * The exponential of a float32 <= 0 as the C library inside the module computes it: musl 1.1 `expf` (FreeBSD's e_expf.c),
 * every operation rounded to float32. Math.exp rounded to float32 differs in the last bit for one argument in ten.
 */
export function expf(x: number): number {
  const f = Math.fround;
  if (x <= -103.97208404541016) return 0;
  // exp(-2^-14 .. 0): 1 + x.
  if (x >= -1.220703125e-4) return f(1 + x);
  let k = 0;
  let high = x;
  let low = 0;
  // Below -ln(2) / 2 and -1.5 ln(2): x = k ln(2) + r with |r| <= ln(2) / 2.
  if (x < -0.3465735912322998) {
    k = x < -1.0397207736968994 ? Math.trunc(f(f(INVERSE_LN2 * x) - 0.5)) : -1;
    high = f(x - f(k * LN2_HIGH));
    low = f(k * LN2_LOW);
  }
  const r = f(high - low);
  const square = f(r * r);
  const c = f(r - f(square * f(P1 + f(square * P2))));
  const y = f(1 + f(f(f(f(r * c) / f(2 - c)) - low) + high));
  return f(y * 2 ** k);
}

/** Index of the most probable class, the first of equals. */
export function mostProbable(probabilities: ArrayLike<number>): number {
  let index = 0;
  for (let i = 1; i < probabilities.length; i++) if ((probabilities[i] ?? 0) > (probabilities[index] ?? 0)) index = i;
  return index;
}

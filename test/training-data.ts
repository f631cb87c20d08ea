import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Rows to learn from, with a class of three and a number per row that depend on the first four columns, and noise. */
export interface TrainingSample {
  /** count x columns; NaN is missing. */
  rows: Float32Array;
  columns: number;
  classes: Float32Array;
  numbers: Float32Array;
}

/** A sample fixed by its seed: values from -10 to 10 in steps of 0.4 (50 of them, never -1), 5 % missing. */
export function trainingSample({
  count,
  columns,
  seed,
}: {
  count: number;
  columns: number;
  seed: number;
}): TrainingSample {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator);
  const rows = new Float32Array(count * columns).map(() =>
    uniform() < 0.05 ? Number.NaN : Math.floor(uniform() * 50) * 0.4 - 9.9,
  );
  const classes = new Float32Array(count);
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = Array.from(rows.subarray(i * columns, i * columns + 4), (v) => v || 0);
    const clear = a * b > 5 ? 2 : c > d ? 1 : 0;
    classes[i] = uniform() < 0.2 ? Math.floor(uniform() * 3) : clear;
    numbers[i] = 100 + a * 3 - b * c + (d > 0 ? 20 : 0) + uniform() * 5;
  }
  return { rows, columns, classes, numbers };
}

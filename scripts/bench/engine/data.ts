import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Columns of a data set: as many as a version has features. */
export const COLUMNS = 19;

/** Rows with three classes and a number to learn; 5 % of the values are missing. */
export interface Sample {
  rows: Float32Array;
  classes: Float32Array;
  numbers: Float32Array;
}

/** A sample fixed by its seed; the first columns tell something of the labels, the rest nothing. */
export function sample(count: number, seed: number): Sample {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator);
  const rows = new Float32Array(count * COLUMNS).map(() => (uniform() < 0.05 ? Number.NaN : uniform() * 2 - 1));
  const classes = new Float32Array(count);
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = Array.from(rows.subarray(i * COLUMNS, i * COLUMNS + 4), (value) => value || 0);
    const clear = a * b > 0.1 ? 2 : c > d ? 1 : 0;
    classes[i] = uniform() < 0.3 ? Math.floor(uniform() * 3) : clear;
    numbers[i] = a * 3 - b * c + (d > 0 ? 1 : 0) + uniform();
  }
  return { rows, classes, numbers };
}

/** A folder for what is given to Python. */
export const FILES = mkdtempSync(join(tmpdir(), "bench-engine-"));

/** Writes numbers as native.py reads them; the path. */
export function arrayFile(name: string, values: Float32Array): string {
  const path = join(FILES, `${name}.f32`);
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return path;
}

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { RefusedError } from "../cli/command-line.ts";

/** Rows of numbers, rows x columns; NaN is missing. */
export interface Rows {
  values: Float64Array;
  columns: number;
  count: number;
}

/**
 * The values of a file of one JSON value a line; empty lines are left out.
 * @param file a path, or - for the standard input
 * @throws {RefusedError} it cannot be read, or a line is not JSON
 */
export async function* jsonLines(file: string): AsyncGenerator<{ line: number; value: unknown }> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let line = 0;
  try {
    for await (const text of lines) {
      line++;
      // What is trimmed may be a byte order mark.
      const json = text.trim();
      if (json !== "") yield { line, value: parsed(json, `${file}, line ${line}`) };
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new RefusedError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RefusedError(`${where}: is not JSON`, { cause });
  }
}

/**
 * One row of `columns` numbers.
 * @param where for the message
 * @throws {RefusedError} something else
 */
export function rowOf(value: unknown, columns: number | undefined, where: string): number[] {
  if (!Array.isArray(value)) throw new RefusedError(`${where}: is not an array of numbers`);
  if (columns !== undefined && value.length !== columns) {
    throw new RefusedError(`${where}: has ${value.length} values, not ${columns}`);
  }
  return value.map((entry: unknown, i) => {
    if (entry === null) return Number.NaN;
    if (typeof entry !== "number") throw new RefusedError(`${where}: value ${i} is neither a number nor null`);
    return entry;
  });
}

/**
 * All rows of a file; as wide as the first.
 * @throws {RefusedError} other rows, or none
 */
export async function readRows(file: string): Promise<Rows> {
  const chunks: number[][] = [];
  let columns: number | undefined;
  for await (const { line, value } of jsonLines(file)) {
    const row = rowOf(value, columns, `${file}, line ${line}`);
    columns ??= row.length;
    chunks.push(row);
  }
  if (columns === undefined || columns === 0) throw new RefusedError(`${file}: has no rows of numbers`);
  const values = new Float64Array(chunks.length * columns);
  for (const [i, row] of chunks.entries()) values.set(row, i * columns);
  return { values, columns, count: chunks.length };
}

/**
 * One number a line.
 * @throws {RefusedError} something else
 */
export async function readNumbers(file: string): Promise<Float32Array> {
  const numbers: number[] = [];
  for await (const { line, value } of jsonLines(file)) {
    if (typeof value !== "number") throw new RefusedError(`${file}, line ${line}: is not a number`);
    numbers.push(value);
  }
  return Float32Array.from(numbers);
}

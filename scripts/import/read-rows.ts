import { createReadStream, type ReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import streamArray from "stream-json/streamers/stream-array.js";
import type { Issue } from "../../functions/src/collect/schema.ts";
import { isRecord } from "../../functions/src/collect/stored-fields.ts";
import { reasonOf } from "../../functions/src/shared/errors.ts";
import { RefusedError } from "../cli/command-line.ts";

export const FORMATS = ["ndjson", "json", "csv"] as const;
export type Format = (typeof FORMATS)[number];

/** Bytes of a row that are looked at: one that is longer is not held in memory. */
const MAX_ROW_BYTES = 1024 * 1024;

/**
 * One row of a file, or why it cannot be read. Its number is that of the line (NDJSON), of the element (JSON), or of the record
 * after the header (CSV), from 1 on.
 */
export type Row =
  | { row: number; value: Record<string, unknown>; issue?: undefined }
  | { row: number; value?: undefined; issue: Issue };

/** A file that is read row by row. */
export interface RowFile {
  rows: AsyncIterable<Row>;
  /** Bytes read so far. */
  bytesRead: () => number;
  /** Names of a CSV's columns, once its first row was read. */
  columns: () => readonly string[];
}

/** The format that a file's name tells, if it does. */
export function formatOf(file: string): Format | undefined {
  const [, extension = ""] = /\.(ndjson|jsonl|json|csv)$/i.exec(file) ?? [];
  return { ndjson: "ndjson", jsonl: "ndjson", json: "json", csv: "csv" }[extension.toLowerCase()] as Format | undefined;
}

/**
 * Opens a file; no more of it than a few rows is ever in memory. A row that cannot be read costs that row only, where the format
 * lets one go on after it.
 * @param needed columns that the header of a CSV must name
 * @throws {RefusedError} while reading: the file cannot be read any further
 */
export function openRows(
  file: string,
  format: Format,
  { delimiter, needed = [] }: { delimiter: string; needed?: readonly string[] },
): RowFile {
  const input = createReadStream(file);
  let columns: readonly string[] = [];
  const source: Record<Format, () => AsyncGenerator<Row>> = {
    ndjson: () => fromLines(input),
    json: () => fromArray(input),
    csv: () =>
      fromCsv(input, delimiter, (names) => {
        const missing = needed.find((name) => !names.includes(name));
        if (missing !== undefined) throw new Error(`the header has no column "${missing}", which the mapping names`);
        columns = names;
      }),
  };
  return {
    rows: refusing(file, input, source[format]()),
    bytesRead: () => input.bytesRead,
    columns: () => columns,
  };
}

async function* refusing(file: string, input: ReadStream, rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
  let last = 0;
  try {
    for await (const row of rows) {
      last = row.row;
      yield row;
    }
  } catch (cause) {
    throw new RefusedError(`${file} cannot be read after row ${last}: ${reasonOf(cause)}`, { cause });
  } finally {
    input.destroy();
  }
}

function unreadable(row: number, message: string, code: Issue["code"] = "unparsable"): Row {
  return { row, issue: { code, path: "", message } };
}

async function* fromLines(input: Readable): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of lines(input)) {
    number++;
    if (line === null) {
      yield unreadable(number, `more than ${MAX_ROW_BYTES} bytes`, "too_large");
      continue;
    }
    // What is trimmed may be a byte order mark.
    const text = line.toString("utf8").trim();
    if (text !== "") yield lineRow(number, text);
  }
}

function lineRow(row: number, text: string): Row {
  try {
    return recordRow(row, JSON.parse(text));
  } catch (error) {
    return unreadable(row, `is not JSON: ${reasonOf(error)}`);
  }
}

function recordRow(row: number, value: unknown): Row {
  return isRecord(value) ? { row, value } : unreadable(row, "must be a JSON object");
}

const NEWLINE = 0x0a;

/** Lines as bytes; null for one that is too long to be held. */
async function* lines(input: Readable): AsyncGenerator<Buffer | null> {
  let parts: Buffer[] = [];
  let length = 0;
  const taken = (): Buffer | null => {
    const line = length > MAX_ROW_BYTES ? null : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  const hold = (part: Buffer): void => {
    length += part.length;
    if (length > MAX_ROW_BYTES) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, end));
      yield taken();
      from = end + 1;
    }
    hold(chunk.subarray(from));
  }
  if (length > 0) yield taken();
}

async function* fromArray(input: Readable): AsyncGenerator<Row> {
  const elements = streamArray.withParserAsStream();
  for await (const { key, value } of through(input, elements) as AsyncIterable<{ key: number; value: unknown }>) {
    yield recordRow(key + 1, value);
  }
}

async function* fromCsv(
  input: Readable,
  delimiter: string,
  named: (columns: readonly string[]) => void,
): AsyncGenerator<Row> {
  // A stray quote is a character; one that is never closed ends at the largest record.
  const options = { bom: true, delimiter, relax_quotes: true, relax_column_count: true, skip_empty_lines: true };
  const records = parse({ ...options, record_delimiter: ["\r\n", "\n"], max_record_size: MAX_ROW_BYTES });
  let header: readonly string[] | undefined;
  let number = 0;
  for await (const record of through(input, records) as AsyncIterable<string[]>) {
    if (header === undefined) {
      header = headerOf(record);
      named(header);
      continue;
    }
    number++;
    const names = header;
    yield record.length === names.length
      ? { row: number, value: Object.fromEntries(record.map((cell, i) => [names[i], cell])) }
      : unreadable(number, `has ${record.length} values, the header has ${names.length} columns`);
  }
}

function headerOf(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`the header has two columns of the name "${twice}"`);
  return names;
}

/** What comes out of a stream that a file is led through. A fault of either ends it. */
async function* through(input: Readable, parser: NodeJS.ReadWriteStream): AsyncGenerator<unknown> {
  const flowing = pipeline(input, parser);
  // Told by the iteration below, too.
  flowing.catch(() => {});
  yield* parser as AsyncIterable<unknown>;
  await flowing;
}

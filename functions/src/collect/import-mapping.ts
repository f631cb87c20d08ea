import { z } from "zod";
import { iso } from "../shared/time.ts";
import { type FieldKind, fieldKind } from "./import-row.ts";
import { isRecord } from "./stored-fields.ts";

/** What a number in another unit becomes: milliseconds, a rate of 0-1, a point in time. */
const UNITS = {
  seconds: (value: number) => value * 1000,
  percent: (value: number) => value / 100,
  epoch_seconds: (value: number) => timeOf(value * 1000),
  epoch_milliseconds: timeOf,
} as const;

function timeOf(ms: number): string | undefined {
  return Number.isNaN(new Date(ms).getTime()) ? undefined : iso(ms);
}

const field = z.string().refine((path) => fieldKind(path) !== undefined, "is no field of a log that a row may tell");
const target = z.union([
  field,
  z.strictObject({ field, unit: z.enum(Object.keys(UNITS) as [keyof typeof UNITS, ...(keyof typeof UNITS)[]]) }),
]);

/** A mapping file: how the columns of a file are called in a log. */
export const ImportMapping = z.strictObject({
  /** Column -> the field that it tells, or several; with a unit where it is not the log's own. */
  columns: z.record(z.string(), z.union([target, z.array(target).min(1)])).default({}),
  /** Field -> value, for rows that do not tell it. */
  constants: z.record(field, z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).default({}),
});
export type ImportMapping = z.infer<typeof ImportMapping>;

/**
 * A row in the words of a log: dotted names taken apart, columns called by their fields, constants where nothing is told. What is
 * null or empty is not told. A column that no mapping names keeps its name.
 * @param row as read; it is not changed
 * @param isText true for CSV, whose values are texts of numbers, booleans and lists
 */
export function toldRow(
  row: Readonly<Record<string, unknown>>,
  { columns, constants }: ImportMapping,
  isText: boolean,
): Record<string, unknown> {
  const entries = Object.entries(row).filter(([name]) => !Object.hasOwn(columns, name));
  let told = Object.fromEntries(
    entries
      .filter(([name, value]) => !name.includes(".") && isTold(value, isText))
      .map(([name, value]) => [name, isText ? understood(value, fieldKind(name)) : withoutNulls(name, value)]),
  );
  const put = (path: string, value: unknown): void => {
    if (isTold(value, isText)) told = withField(told, path.split("."), value);
  };
  for (const [name, value] of entries) {
    const kind = name.includes(".") ? fieldKind(name) : undefined;
    if (kind !== undefined) put(name, isText ? understood(value, kind) : value);
  }
  for (const [name, targets] of Object.entries(columns)) {
    const value = columnOf(row, name);
    for (const to of [targets].flat()) {
      const path = typeof to === "string" ? to : to.field;
      put(
        path,
        typeof to === "string" ? (isText ? understood(value, fieldKind(path)) : value) : converted(value, to.unit),
      );
    }
  }
  for (const [path, value] of Object.entries(constants)) {
    if (fieldAt(told, path.split(".")) === undefined) put(path, value);
  }
  return told;
}

/** Columns of a file that tell nothing: neither a field nor named by the mapping. */
export function unusedColumns(names: readonly string[], { columns }: ImportMapping): string[] {
  return names.filter((name) => fieldKind(name) === undefined && !Object.hasOwn(columns, name));
}

function isTold(value: unknown, isText: boolean): boolean {
  return value !== undefined && value !== null && !(isText && value === "");
}

/** The value of a column: a name of its own, else a way into what is nested. */
function columnOf(row: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : fieldAt(row, name.split("."));
}

function fieldAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return isRecord(value) && Object.hasOwn(value, name) ? fieldAt(value[name], rest) : undefined;
}

/** A copy with one field set, at whatever depth. */
function withField(
  value: Record<string, unknown>,
  [name = "", ...rest]: readonly string[],
  set: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...value, [name]: set };
  const inner = Object.hasOwn(value, name) ? value[name] : undefined;
  return { ...value, [name]: withField(isRecord(inner) ? inner : {}, rest, set) };
}

/** Maps in which null is a value. */
const MAPS = new Set(["actual_device_info", "network_conditions"]);

function withoutNulls(name: string, value: unknown): unknown {
  if (!isRecord(value) || MAPS.has(name)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** The text of a cell as what it stands for; one that stands for nothing of the kind stays, and is refused as what it is. */
function understood(value: unknown, kind: FieldKind | undefined): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  switch (kind) {
    case "number":
      return text === "" || !Number.isFinite(Number(text)) ? value : Number(text);
    case "boolean":
      return BOOLEANS.get(text.toLowerCase()) ?? value;
    case "list":
      return text.split(/[\s,;|"'[\]]+/).filter((word) => word !== "");
    default:
      return value;
  }
}

const BOOLEANS = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

/** A number, or the text of one, out of its unit; anything else stays, and is refused as what it is. */
function converted(value: unknown, unit: keyof typeof UNITS): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? (UNITS[unit](number) ?? value) : value;
}

import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ImportMapping } from "../../functions/src/collect/import-mapping.ts";
import { importRows, WRITTEN } from "../../test/import-rows.ts";
import { type Import, type ImportTools, importFile } from "./import-file.ts";
import { FORMATS, openRows } from "./read-rows.ts";
import { statePath } from "./state.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "import-"));
const ROWS = importRows("unit", { count: 1200, endMs: Date.now() - 3_600_000 });
let files = 0;

function file(content: string, extension = "ndjson"): string {
  const path = join(FOLDER, `rows-${++files}.${extension}`);
  writeFileSync(path, content);
  return path;
}

/** What a database would hold: ids and when they came. It may fail in the middle of a batch. */
class Memory {
  readonly received = new Map<string, number>();
  failAfter = Number.POSITIVE_INFINITY;
  readonly store: NonNullable<ImportTools["target"]>["store"] = async (logs, since) =>
    logs.map((log) => {
      if (this.received.size >= this.failAfter) throw new Error("the database is down");
      const at = this.received.get(log.prediction_id);
      if (at === undefined) this.received.set(log.prediction_id, Date.now());
      return at === undefined || (since !== null && at >= since) ? "accepted" : "duplicate";
    });
}

function tools(target: ImportTools["target"], stopped = () => false): ImportTools {
  return { target, pseudonymOf: (_, id) => `p.${id}`, windowDays: 2, progress: () => {}, isStopped: stopped };
}

function wanted(path: string, more: Partial<Import> = {}): Import {
  const mapping = ImportMapping.parse({});
  return { file: path, format: "ndjson", delimiter: ",", mapping, key: "key", rate: Number.POSITIVE_INFINITY, ...more };
}

const importInto = (target: ImportTools["target"], path: string, more: Partial<Import> = {}) =>
  importFile(wanted(path, more), tools(target), () => {});

const rejectedOf = (path: string) =>
  readFileSync(`${path}.rejected.ndjson`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { row: number; issues: { code: string }[]; value?: unknown });

describe("importing a file", () => {
  it("gives the same logs in every format, and twice none more", async () => {
    const memory = new Memory();
    const outcomes = [];
    for (const format of FORMATS) {
      const path = file(WRITTEN[format](ROWS), format);
      const { accepted, duplicates, refused } = await importInto(memory, path, { format });
      outcomes.push([accepted, duplicates, refused]);
      expect(existsSync(statePath(path))).toBe(false);
      expect(existsSync(`${path}.rejected.ndjson`)).toBe(false);
    }
    expect(outcomes).toEqual([
      [1200, 0, 0],
      [0, 1200, 0],
      [0, 1200, 0],
    ]);
  });

  it("counts what is refused by its reasons, names rows, and writes them apart", async () => {
    const spoilt: unknown[] = ROWS.slice(0, 20);
    spoilt[2] = { ...ROWS[2], scroll_depth: 2, bounce_rate: -1 };
    spoilt[7] = { ...ROWS[7], consent: { granted: false, at: ROWS[7]?.timestamp } };
    spoilt[8] = { ...ROWS[8], scroll_depth: 3 };
    const path = file(`${WRITTEN.ndjson(spoilt as object[])}\nnot json\n[1]\n${WRITTEN.ndjson(ROWS.slice(0, 1))}`);
    const done = await importInto(new Memory(), path);
    expect(done).toMatchObject({ rows: 23, accepted: 17, duplicates: 1, refused: 5, complete: true });
    expect(done.reasons).toEqual([
      { code: "out_of_range", field: "bounce_rate", rows: 1, first_rows: [3] },
      { code: "out_of_range", field: "scroll_depth", rows: 2, first_rows: [3, 9] },
      { code: "no_consent", field: "consent.granted", rows: 1, first_rows: [8] },
      { code: "unparsable", field: "", rows: 2, first_rows: [22, 23] },
    ]);
    const rejected = rejectedOf(path);
    expect(rejected.map(({ row }) => row)).toEqual([3, 8, 9, 22, 23]);
    expect(rejected[0]?.value).toEqual(spoilt[2]);
    expect(rejected[1]).not.toHaveProperty("value");
    expect(statSync(done.rejected_file ?? "").mode & 0o077).toBe(0);
  });

  it("goes on after a failure in the middle of a batch, and its report covers all", async () => {
    const memory = new Memory();
    memory.failAfter = 700;
    const spoilt = ROWS.map((row, i) => (i % 100 === 0 ? { ...row, scroll_depth: 2 } : row));
    const path = file(WRITTEN.ndjson([...spoilt, ...spoilt.slice(1, 3)]));
    let told: object = {};
    await expect(importFile(wanted(path), tools(memory), (done) => (told = done))).rejects.toThrow("is down");
    expect(told).toMatchObject({ rows: 500, accepted: 495, refused: 5, complete: false });
    // As if the crash had come after the refused rows of the next batch were written.
    writeFileSync(`${path}.rejected.ndjson`, `${readFileSync(`${path}.rejected.ndjson`, "utf8")}{"row":501`);
    memory.failAfter = Number.POSITIVE_INFINITY;
    const done = await importInto(memory, path);
    expect(done).toMatchObject({
      rows: 1202,
      accepted: 1188,
      duplicates: 2,
      refused: 12,
      resumed_after: 500,
      rows_now: 702,
    });
    expect(rejectedOf(path).map(({ row }) => row)).toEqual(Array.from({ length: 12 }, (_, i) => 100 * i + 1));
    expect(memory.received.size).toBe(1188);
    expect(await importInto(memory, path)).toMatchObject({
      accepted: 0,
      duplicates: 1190,
      refused: 12,
      resumed_after: 0,
    });
  });

  it("stops when told to, goes on, and begins anew when the file is another", async () => {
    const memory = new Memory();
    const path = file(WRITTEN.ndjson(ROWS));
    const stopped = await importFile(
      wanted(path),
      tools(memory, () => true),
      () => {},
    );
    expect(stopped).toMatchObject({ rows: 500, complete: false });
    expect(await importInto(memory, path, { key: "another" })).toMatchObject({
      resumed_after: 0,
      duplicates: 500,
      accepted: 700,
    });
  });

  it("refuses a CSV without a column that the mapping names", async () => {
    const mapping = ImportMapping.parse({ columns: { when: "timestamp" } });
    const path = file(WRITTEN.csv(ROWS.slice(0, 2)), "csv");
    await expect(importInto(null, path, { format: "csv", mapping })).rejects.toThrow('no column "when"');
  });

  it("says how many rows are too old for a training, and stores nothing in a dry run", async () => {
    const path = file(WRITTEN.ndjson(ROWS));
    const done = await importInto(null, path);
    expect(done).toMatchObject({ accepted: 1200, duplicates: 0 });
    // A third of three days is older than two.
    expect(done.old).toBeGreaterThan(380);
    expect(done.old).toBeLessThan(460);
    expect(existsSync(statePath(path))).toBe(false);
  });
});

describe("reading rows", () => {
  const read = async (content: string, format: (typeof FORMATS)[number], delimiter = ",") => {
    const found: unknown[] = [];
    const opened = openRows(file(content, format), format, { delimiter });
    for await (const { row, value, issue } of opened.rows) found.push([row, value ?? issue?.code]);
    return found;
  };

  it.each<[string, (typeof FORMATS)[number], string, unknown[]]>([
    [
      "byte order mark, blank and long lines",
      "ndjson",
      `\ufeff{"a":1}\r\n\r\n"${"x".repeat(1 << 20)}"\n{"a":2}`,
      [
        [1, { a: 1 }],
        [3, "too_large"],
        [4, { a: 2 }],
      ],
    ],
    [
      "elements that are no objects",
      "json",
      '\ufeff[{"a":1}, 2 ,{"b":{"c":[null]}}]',
      [
        [1, { a: 1 }],
        [2, "unparsable"],
        [3, { b: { c: [null] } }],
      ],
    ],
    ["an empty array", "json", "[]", []],
    [
      "quotes, line ends and short rows",
      "csv",
      '\ufeffa, b \r\n"1,""x""\ny",2\r\n\r\n3\n4,it"s\n',
      [
        [1, { a: '1,"x"\ny', b: "2" }],
        [2, "unparsable"],
        [3, { a: "4", b: 'it"s' }],
      ],
    ],
    ["an empty CSV", "csv", "", []],
  ])("%s", async (_, format, content, expected) => {
    expect(await read(content, format)).toEqual(expected);
  });

  it("takes another delimiter", async () => {
    expect(await read("a;b\n1,5;2", "csv", ";")).toEqual([[1, { a: "1,5", b: "2" }]]);
  });

  it.each<[string, (typeof FORMATS)[number], string]>([
    ["an array that breaks off", "json", '[{"a":1},{"a":'],
    ["an object in the place of an array", "json", '{"a":1}'],
    ["a quote that is never closed", "csv", 'a,b\n1,2\n3,"4\n'],
    ["two columns of one name", "csv", "a,b,a\n1,2,3\n"],
  ])("cannot go on after %s", async (_, format, content) => {
    await expect(read(content, format)).rejects.toThrow(/cannot be read after row \d: /);
  });
});

import { setTimeout } from "node:timers/promises";
import type { ImportContext } from "../../functions/src/collect/import-log.ts";
import { judgeImport } from "../../functions/src/collect/import-log.ts";
import { type ImportMapping, toldRow, unusedColumns } from "../../functions/src/collect/import-mapping.ts";
import type { JudgedLog } from "../../functions/src/collect/judge-log.ts";
import type { Issue } from "../../functions/src/collect/schema.ts";
import { type Format, openRows, type Row } from "./read-rows.ts";
import { RejectedFile, rejectedPath } from "./rejected-file.ts";
import { type Counts, countRefused, forgetState, type ImportState, noCounts, readState, writeState } from "./state.ts";
import type { ImportTarget, Stored } from "./target.ts";

/** Rows after which the state is written. */
const BATCH = 500;
const DAY_MS = 86_400_000;

/** What is imported, and how. */
export interface Import {
  file: string;
  format: Format;
  delimiter: string;
  mapping: ImportMapping;
  consentForAll?: string;
  /** Names file content, mapping, options and target: what an earlier run did under another name is not gone on with. */
  key: string;
  /** Rows a second at most. */
  rate: number;
}

export interface ImportTools {
  /** Where to store; null to judge only. */
  target: Pick<ImportTarget, "store"> | null;
  pseudonymOf: ImportContext["pseudonymOf"];
  /** Days that a training collects. */
  windowDays: number;
  /** Told after every batch: bytes of the file read, and rows. */
  progress: (bytes: number, rows: number) => void;
  /** Asked after every batch. */
  isStopped: () => boolean;
}

/** What an import has done, over all its runs. */
export interface Imported extends Counts {
  /** Row after which this run went on; 0 if it began. */
  resumed_after: number;
  /** Whether the file was read to its end. */
  complete: boolean;
  /** Columns of a CSV that tell nothing. */
  unused_columns: string[];
  /** The file of refused rows, if there are any. */
  rejected_file: string | null;
  /** Rows that this run looked at. */
  rows_now: number;
}

/**
 * Imports a file, batch by batch. After each the state is written, so that a run that was broken off is gone on with; only the
 * batch that was under way then is done again, and what of it is stored already is told from what was there before by its time.
 * @param failed is told what was done when reading or storing fails
 */
export async function importFile(
  wanted: Import,
  tools: ImportTools,
  failed: (done: Imported) => void,
): Promise<Imported> {
  const { file, key } = wanted;
  const earlier = tools.target === null ? undefined : readState(file, key);
  const state: ImportState = earlier ?? {
    schema_version: 1,
    key,
    row: 0,
    since: Date.now(),
    rejected_bytes: 0,
    counts: noCounts(),
  };
  const resumedAfter = state.row;
  const before = state.counts.rows;
  const rejected = new RejectedFile(file, state.rejected_bytes);
  const opened = openRows(file, wanted.format, {
    delimiter: wanted.delimiter,
    needed: Object.keys(wanted.mapping.columns),
  });
  const done = (complete: boolean): Imported => ({
    ...state.counts,
    resumed_after: resumedAfter,
    complete,
    unused_columns: unusedColumns(opened.columns(), wanted.mapping),
    rejected_file: rejected.bytes > 0 ? rejectedPath(file) : null,
    rows_now: state.counts.rows - before,
  });
  let isFirst = earlier !== undefined;
  const finish = async (batch: readonly Row[]): Promise<void> => {
    const startedMs = Date.now();
    await doBatch(batch, { wanted, tools, counts: state.counts, rejected, since: isFirst ? state.since : null });
    isFirst = false;
    Object.assign(state, { row: batch.at(-1)?.row ?? state.row, since: Date.now(), rejected_bytes: rejected.bytes });
    if (tools.target !== null) writeState(file, state);
    tools.progress(opened.bytesRead(), state.counts.rows);
    const early = (batch.length / wanted.rate) * 1000 - (Date.now() - startedMs);
    if (early > 0) await setTimeout(early);
  };

  try {
    if (tools.target !== null) writeState(file, state);
    let batch: Row[] = [];
    for await (const row of opened.rows) {
      if (row.row <= resumedAfter) continue;
      batch.push(row);
      if (batch.length < BATCH) continue;
      await finish(batch);
      batch = [];
      if (tools.isStopped()) return done(false);
    }
    await finish(batch);
    if (tools.target !== null) forgetState(file);
    return done(true);
  } catch (error) {
    failed(done(false));
    throw error;
  } finally {
    rejected.close();
  }
}

interface Batch {
  wanted: Import;
  tools: ImportTools;
  counts: Counts;
  rejected: RejectedFile;
  /** Time from which on this very batch may have been stored by a run that was broken off; null if it was not. */
  since: number | null;
}

const SPOILT: Issue = { code: "conflict", path: "", message: "what is stored under its id is no log" };

/** Counts change only once all of the batch is stored. */
async function doBatch(rows: readonly Row[], { wanted, tools, counts, rejected, since }: Batch): Promise<void> {
  const nowMs = Date.now();
  const { pseudonymOf, target, windowDays } = tools;
  const { mapping, consentForAll } = wanted;
  const context = { nowMs, pseudonymOf, ...(consentForAll === undefined ? {} : { consentForAll }) };
  const refused: { row: Row; issues: readonly Issue[] }[] = [];
  const valid = new Map<string, { log: JudgedLog; rows: Row[] }>();
  for (const row of rows) {
    const told = row.value === undefined ? undefined : toldRow(row.value, mapping, wanted.format === "csv");
    const judged =
      told === undefined ? { kind: "refused" as const, issues: issuesOf(row) } : judgeImport(told, context);
    if (judged.kind === "refused") refused.push({ row, issues: judged.issues });
    else {
      const id = judged.log.prediction_id;
      const same = valid.get(id);
      if (same === undefined) valid.set(id, { log: judged.log, rows: [row] });
      else same.rows.push(row);
    }
  }

  const groups = [...valid.values()];
  const stored =
    target === null
      ? groups.map((): Stored => "accepted")
      : await target.store(
          groups.map(({ log }) => log),
          since,
        );
  for (const [i, { log, rows: same }] of groups.entries()) {
    if (stored[i] === "conflict") {
      for (const row of same) refused.push({ row, issues: [SPOILT] });
      continue;
    }
    counts.accepted += stored[i] === "accepted" ? 1 : 0;
    counts.duplicates += same.length - (stored[i] === "accepted" ? 1 : 0);
    if (nowMs - Date.parse(log.event_at) > windowDays * DAY_MS) counts.old += same.length;
  }
  for (const { row, issues } of refused.sort((a, b) => a.row.row - b.row.row)) {
    countRefused(counts, row.row, issues);
    rejected.add(row.row, issues, row.value);
  }
  counts.rows += rows.length;
}

function issuesOf({ issue }: Row): readonly Issue[] {
  return issue === undefined ? [] : [issue];
}

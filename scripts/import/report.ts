import type { Imported } from "./import-file.ts";

/** What an import has done, as a person reads it. */
export function inWords(
  done: Imported,
  { file, dryRun, windowDays, seconds }: { file: string; dryRun: boolean; windowDays: number; seconds: number },
): string {
  const { rows, rows_now: now, accepted, duplicates, refused, old } = done;
  const speed = `${now} in ${seconds.toFixed(1)} s, ${Math.round(now / seconds)} a second`;
  const resumed = done.resumed_after > 0 ? `; went on after row ${done.resumed_after}` : "";
  const lines = [
    `${file}: ${rows} rows (${speed}${resumed})${dryRun ? ", a dry run: nothing is stored" : ""}`,
    `  accepted   ${accepted}${dryRun ? "  (those that are not stored already)" : ""}`,
    `  duplicates ${duplicates}  (stored already, or twice in the file)`,
    `  refused    ${refused}${done.rejected_file === null ? "" : `  (see ${done.rejected_file})`}`,
    ...done.reasons
      .toSorted((a, b) => b.rows - a.rows)
      .map(({ code, field, rows: count, first_rows: first }) => {
        const more = count > first.length ? ", …" : "";
        return `    ${count} ${[code, field].join(" ").trim()}: ${count === 1 ? "row" : "rows"} ${first.join(", ")}${more}`;
      }),
  ];
  if (old > 0) lines.push(`  ${old} of them are older than the ${windowDays} days that a training collects`);
  if (done.unused_columns.length > 0) lines.push(`  columns that were not used: ${done.unused_columns.join(", ")}`);
  if (!done.complete) lines.push("Not all of the file was read. The same command goes on from here.");
  return lines.join("\n");
}

import { isDeepStrictEqual } from "node:util";
import type { IngestAnswer } from "../../functions/src/collect/ingest-logs.ts";
import { classIndices } from "../../functions/src/design/css.ts";
import type { Prediction } from "../../functions/src/serve/schema.ts";
import type { Crowd, Visit } from "../crowd/crowd.ts";
import { emptyTally, logLines, type Mischief, mischiefOf, pageLog, type Tally } from "../crowd/page-log.ts";
import { check } from "./check.ts";
import { inParallel, type Site } from "./site.ts";

/** Requests under way at once: each takes a worker of the emulator with 200 MB, and more of them answer hardly faster. */
const WIDTH = 6;
/** Virtual hours that a late log takes. */
const LATE_HOURS = 3;

/** A visit with what it was shown. */
export interface AnsweredVisit {
  visit: Visit;
  prediction: Prediction;
}

/** The crowd living on the stack: it asks, behaves, and tells, and every answer is held against what was sent. */
export class Life {
  readonly crowd: Crowd;
  /** What ingest has answered since the beginning. */
  readonly told: Tally = emptyTally();
  /** Logs by what happened to them. */
  readonly mischief = new Map<Mischief, number>();
  private readonly site: Site;
  private readonly seed: number;
  private hours = 0;
  private late: { due: number; line: string }[] = [];

  constructor({ crowd, site, seed }: { crowd: Crowd; site: Site; seed: number }) {
    this.crowd = crowd;
    this.site = site;
    this.seed = seed;
  }

  /**
   * One virtual hour: every visit asks, all logs are sent in one batch, late ones of earlier hours among them.
   * @throws {TourFailure} if ingest counts them otherwise than they were sent
   */
  async hour(): Promise<AnsweredVisit[]> {
    const visits = this.crowd.nextHour();
    this.hours++;
    const answered = await inParallel(visits, WIDTH, async (visit) => ({
      visit,
      prediction: await this.site.predict(visit),
    }));
    const lines: string[] = [];
    const expected = emptyTally();
    let cut = false;
    for (const { visit, prediction } of answered) {
      const behaviour = this.crowd.behave(visit, classIndices(prediction.css_classes));
      const log = pageLog(visit, prediction, behaviour);
      const mischief = mischiefOf(this.seed, visit.number);
      if (mischief !== undefined) this.mischief.set(mischief, (this.mischief.get(mischief) ?? 0) + 1);
      cut ||= mischief === "cut";
      if (mischief === "late") {
        const due = this.hours + LATE_HOURS;
        this.late.push(...logLines(log, mischief, emptyTally()).map((line) => ({ due, line })));
      } else {
        lines.push(...logLines(log, mischief, expected));
      }
    }
    const due = this.late.filter((log) => log.due <= this.hours);
    this.late = this.late.filter((log) => log.due > this.hours);
    for (const { line } of due) lines.push(line);
    expected.accepted += due.length;
    await this.send(lines, expected, { asArray: !cut && this.hours % 2 === 0 });
    return answered;
  }

  /** Sends what is still on its way. */
  async sendLate(): Promise<void> {
    const lines = this.late.map(({ line }) => line);
    this.late = [];
    await this.send(lines, { ...emptyTally(), accepted: lines.length }, { asArray: false });
  }

  private async send(lines: readonly string[], expected: Tally, as: { asArray: boolean }): Promise<void> {
    if (lines.length === 0) return;
    const seen = tallyOf(await this.site.sendLogs(lines, as));
    check(isDeepStrictEqual(seen, expected), () => {
      return `of ${lines.length} logs ingest should say ${inWords(expected)}, but said ${inWords(seen)}`;
    });
    add(this.told, seen);
  }
}

function tallyOf({ accepted, duplicates, quarantined, rejected }: IngestAnswer): Tally {
  const codes: Record<string, number> = {};
  for (const { issues } of [...quarantined, ...rejected]) {
    for (const { code } of issues) codes[code] = (codes[code] ?? 0) + 1;
  }
  return { accepted, duplicates, quarantined: quarantined.length, rejected: rejected.length, codes };
}

function add(total: Tally, more: Tally): void {
  for (const key of ["accepted", "duplicates", "quarantined", "rejected"] as const) total[key] += more[key];
  for (const [code, count] of Object.entries(more.codes)) total.codes[code] = (total.codes[code] ?? 0) + count;
}

/** `40 accepted, 1 duplicates (out_of_range 1)` */
export function inWords({ codes, ...counts }: Tally): string {
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  const reasons = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  return `${numbers.join(", ")}${reasons.length === 0 ? "" : ` (${reasons.sort().join(", ")})`}`;
}

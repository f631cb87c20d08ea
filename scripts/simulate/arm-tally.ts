import { UNITS } from "../../functions/src/collect/analysed.ts";
import type { ArmSums } from "../../functions/src/collect/arm-sums.ts";
import { BUCKET_SUMS } from "../../functions/src/collect/outcomes.ts";
import { SERVED_SUMS } from "../../functions/src/serve/schema.ts";
import { BUCKETS } from "../../functions/src/shared/visitor-buckets.ts";

/** Columns of the sums, by name. */
const OUTCOME = Object.fromEntries(BUCKET_SUMS.map((name, i) => [name, i])) as Record<
  (typeof BUCKET_SUMS)[number],
  number
>;

/** One simulated visit as its log tells it. */
export interface SimulatedLog {
  bucket: number;
  /** 64-bit hash of the visitor. */
  hash: bigint;
  engaged: boolean;
  erred: boolean;
  renderingMs: number;
  clickThrough: number;
  /** 1-5, or null. */
  rating: number | null;
  /** Its visitor has a log, an error, negative feedback under this routing revision and arm for the first time. */
  isFirst: boolean;
  isFirstError: boolean;
  isFirstNegative: boolean;
}

/** What one arm has done under one routing revision, added up visit by visit into what the decision reads. */
export class ArmTally {
  readonly sums: ArmSums = {
    visitors: 0,
    visits: 0,
    outcomes: new Float64Array(BUCKETS * BUCKET_SUMS.length),
    erred: 0,
    negative: 0,
    sample: new BigUint64Array(),
    served: new Float64Array(BUCKETS * SERVED_SUMS.length),
    matched: new Float64Array(BUCKETS * 2),
  };
  private hashes: bigint[] = [];
  private isSampleDue = false;

  /** An answer, at once. */
  serve(bucket: number, latencyMs: number): void {
    const { served } = this.sums;
    const at = bucket * SERVED_SUMS.length;
    served[at] = (served[at] ?? 0) + 1;
    served[at + 1] = (served[at + 1] ?? 0) + latencyMs * 1000;
  }

  /** A mature log. */
  log(visit: SimulatedLog): void {
    const { sums } = this;
    const at = visit.bucket * BUCKET_SUMS.length;
    const add = (name: keyof typeof OUTCOME, value: number): void => {
      sums.outcomes[at + OUTCOME[name]] = (sums.outcomes[at + OUTCOME[name]] ?? 0) + value;
    };
    sums.visits++;
    add("visits", 1);
    add("engaged", Number(visit.engaged));
    add("errors", Number(visit.erred));
    add("rendering_us", visit.renderingMs * 1000);
    add("click_through_millionths", visit.clickThrough * 1e6);
    if (visit.rating !== null) {
      add("satisfaction_count", 1);
      add("satisfaction", visit.rating);
      add("feedback", 1);
      add("negative", Number(visit.rating <= 2));
    }
    if (visit.isFirstError) sums.erred++;
    if (visit.isFirstNegative) sums.negative++;
    if (!visit.isFirst) return;
    sums.visitors++;
    this.hashes.push(visit.hash);
    this.isSampleDue = true;
  }

  /** Visits whose logs should have come by now: whether each has. */
  match(bucket: number, isLogged: boolean): void {
    const { matched } = this.sums;
    matched[bucket * 2] = (matched[bucket * 2] ?? 0) + 1;
    matched[bucket * 2 + 1] = (matched[bucket * 2 + 1] ?? 0) + Number(isLogged);
  }

  /** The sums so far, the sample of visitors up to date. */
  read(): ArmSums {
    if (this.isSampleDue) {
      this.hashes = this.hashes.sort((a, b) => (a < b ? -1 : 1)).slice(0, UNITS.limit);
      this.sums.sample = BigUint64Array.from(this.hashes);
      this.isSampleDue = false;
    }
    return this.sums;
  }
}

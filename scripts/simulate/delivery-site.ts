import type { ArmSums } from "../../functions/src/collect/arm-sums.ts";
import type { AnswerDrift, PairedAccuracy } from "../../functions/src/deploy/evidence.ts";
import { addCluster, noRatioSums } from "../../functions/src/stats/clustered-ratio.ts";
import { Draws } from "../crowd/draws.ts";
import { ArmTally, type SimulatedLog } from "./arm-tally.ts";
import type { DeliveryScenario } from "./delivery.ts";
import { Chance, newVisitor, type SiteVisitor, STEP_MINUTES, stepsUntilNext, visitOf } from "./site-visits.ts";
import { DAILY } from "./traffic.ts";

const HOUR_STEPS = 60 / STEP_MINUTES;
const DAY_STEPS = 24 * HOUR_STEPS;
/** Minutes after a visit until its log counts, and after an hour's end until what has no log is taken for a visit without one. */
const MATURE_STEPS = 45 / STEP_MINUTES;
const MATCHED_STEPS = 55 / STEP_MINUTES;
/** Visitors that an hour's sample of the site's traffic holds. */
const HOUR_SAMPLE = 1000;
/** Stable is right in so many visits; in this share one of the two is right and the other wrong. */
const ACCURACY = 0.8;
const DISCORDANCE = 0.2;
/** Classes that the candidate answers, and what its reference is worth: what drift is measured by. */
const ANSWERS = [0.5, 0.35, 0.15];
const REFERENCE = 2000;

/** Who is answered by whom at a step. */
interface Split {
  /** Shares of the candidate and of its control, 0-1. */
  share: number;
  control: number;
  revision: number;
}

interface Waiting {
  tally: ArmTally;
  log: SimulatedLog;
}

/** What a site and a candidate on it are like. */
type SiteScenario = Omit<DeliveryScenario, "hours" | "policy">;

/** A site's visitors while a deployment or an experiment goes on, added up as the fold and the instances would. */
export class DeliverySite {
  /** Step of the day at which it begins. */
  readonly startStep: number;
  private readonly scenario: SiteScenario;
  private readonly chance: Chance;
  private readonly tallies = new Map<number, { number: number; control: ArmTally; treatment: ArmTally }>();
  private readonly back = new Map<number, SiteVisitor[]>();
  private readonly maturing = new Map<number, Waiting[]>();
  private readonly matching = new Map<number, { tally: ArmTally; bucket: number; isLogged: boolean }[]>();
  private readonly scored = new Map<number, number[]>();
  private readonly sums = noRatioSums();
  private right = { candidate: 0, stable: 0 };
  private seen = [0, 0, 0];
  private sampled = 0;

  constructor(scenario: SiteScenario, run: number) {
    this.scenario = scenario;
    this.chance = new Chance(new Draws(scenario.seed, "visitor", run));
    this.startStep = Math.floor(this.chance.uniform() * DAY_STEPS);
  }

  /** Lives through a step: who comes is answered, and what is due becomes visible. */
  live(step: number, split: Split): void {
    const { chance } = this;
    const hour = Math.floor(((this.startStep + step) % DAY_STEPS) / HOUR_STEPS);
    const perHour = this.scenario.visitorsPerHour * (DAILY[hour] ?? 1);
    if ((this.startStep + step) % HOUR_STEPS === 0) this.sampled = 0;
    for (let left = chance.poisson(perHour / HOUR_STEPS); left > 0; left--) {
      const visitor = newVisitor(chance);
      this.score(step, visitor, split);
      this.visit(step, visitor, split);
    }
    for (const visitor of take(this.back, step)) {
      visitor.visitsLeft--;
      this.visit(step, visitor, split);
    }
    for (const { tally, log } of take(this.maturing, step)) tally.log(log);
    for (const { tally, bucket, isLogged } of take(this.matching, step)) tally.match(bucket, isLogged);
    for (const outcome of take(this.scored, step)) this.addScore(outcome);
  }

  /** What both arms have done under a routing revision, as far as it is visible; null before the first visit. */
  armsOf(revision: number): { control: ArmSums | null; treatment: ArmSums } | null {
    const of = this.tallies.get(revision);
    if (of === undefined) return null;
    const control = of.control.read();
    const isThere = control.served.some((count) => count > 0);
    return { control: isThere ? control : null, treatment: of.treatment.read() };
  }

  accuracy(): { accuracy: PairedAccuracy[]; visitors: number } {
    const n = this.sums.clusters;
    if (n === 0) return { accuracy: [], visitors: 0 };
    const [candidate, stable] = [this.right.candidate / n, this.right.stable / n];
    return { accuracy: [{ group: "density", sums: this.sums, candidate, stable }], visitors: n };
  }

  drift(): AnswerDrift[] {
    const n = this.seen.reduce((sum, count) => sum + count, 0);
    if (n === 0) return [];
    const distance = this.seen.reduce((sum, count, i) => sum + Math.abs(count / n - (ANSWERS[i] ?? 0)), 0) / 2;
    return [{ group: "density", distance, n: Math.min(n, HOUR_SAMPLE), m: REFERENCE }];
  }

  private visit(step: number, visitor: SiteVisitor, { share, control: ofControl, revision }: Split): void {
    const { chance, scenario } = this;
    if (visitor.visitsLeft > 0) put(this.back, step + stepsUntilNext(chance), visitor);
    const isTreated = visitor.place < share;
    const isControl = !isTreated && visitor.place >= 1 - ofControl;
    if (!isTreated && !isControl) return;
    const { number, control, treatment } = this.talliesOf(revision);
    const [tally, key] = isTreated ? [treatment, 2 * number] : [control, 2 * number + 1];
    const effects = isTreated && share >= scenario.fromShare ? scenario.effects : null;
    const { bucket, hash } = visitor;
    const { latencyMs, isLogged, ...outcome } = visitOf(visitor, effects, chance);
    tally.serve(bucket, latencyMs);
    put(this.matching, this.endOfHour(step) + MATCHED_STEPS, { tally, bucket, isLogged });
    if (!isLogged) return;
    const isNegative = outcome.rating !== null && outcome.rating <= 2;
    const log = {
      ...outcome,
      bucket,
      hash,
      isFirst: isNew(visitor.logged, key),
      isFirstError: outcome.erred && isNew(visitor.erred, key),
      isFirstNegative: isNegative && isNew(visitor.negative, key),
    };
    put(this.maturing, step + MATURE_STEPS, { tally, log });
  }

  /** Step at which the hour of the clock that holds a step is over. */
  private endOfHour(step: number): number {
    return (Math.floor((this.startStep + step) / HOUR_STEPS) + 1) * HOUR_STEPS - this.startStep;
  }

  private talliesOf(revision: number) {
    const known = this.tallies.get(revision);
    if (known !== undefined) return known;
    const made = { number: this.tallies.size, control: new ArmTally(), treatment: new ArmTally() };
    this.tallies.set(revision, made);
    return made;
  }

  /** A visitor of the hour's sample is scored once, in arms that count, from the first full hour on. */
  private score(step: number, { place }: SiteVisitor, { share }: Split): void {
    const { chance, scenario } = this;
    const firstFull = (HOUR_STEPS - (this.startStep % HOUR_STEPS)) % HOUR_STEPS;
    if (step < firstFull || place < share || this.sampled >= HOUR_SAMPLE) return;
    this.sampled++;
    const delta = share >= scenario.fromShare || scenario.fromShare === 0 ? scenario.accuracyDelta : 0;
    const draw = chance.uniform();
    const [better, worse] = [(DISCORDANCE + delta) / 2, (DISCORDANCE - delta) / 2];
    put(this.scored, step + MATURE_STEPS, draw < better ? 1 : draw < better + worse ? -1 : 0);
  }

  private addScore(difference: number): void {
    const { chance, sums, right } = this;
    addCluster(sums, { y: difference, w: 1 });
    const both = chance.uniform() < (ACCURACY - DISCORDANCE / 2) / (1 - DISCORDANCE);
    right.candidate += difference === 0 ? Number(both) : Number(difference > 0);
    right.stable += difference === 0 ? Number(both) : Number(difference < 0);
    const draw = chance.uniform();
    const answer = draw < (ANSWERS[0] ?? 0) ? 0 : draw < (ANSWERS[0] ?? 0) + (ANSWERS[1] ?? 0) ? 1 : 2;
    this.seen[answer] = (this.seen[answer] ?? 0) + 1;
  }
}

function put<T>(calendar: Map<number, T[]>, step: number, item: T): void {
  const at = calendar.get(step);
  if (at === undefined) calendar.set(step, [item]);
  else at.push(item);
}

function take<T>(calendar: Map<number, T[]>, step: number): readonly T[] {
  const at = calendar.get(step) ?? [];
  calendar.delete(step);
  return at;
}

/** True the first time that a visitor is seen under a key. */
function isNew(seen: number[], key: number): boolean {
  if (seen.includes(key)) return false;
  seen.push(key);
  return true;
}

import { BUCKETS } from "../../functions/src/shared/visitor-buckets.ts";
import type { Draws } from "../crowd/draws.ts";

/** Minutes of a step of the simulation, and of the looks. */
export const STEP_MINUTES = 5;
const HOUR_STEPS = 60 / STEP_MINUTES;

/** Visits of a visitor, 1 to 6: probability of each number. Mean 2.4. */
const VISITS = [0.4, 0.22, 0.15, 0.1, 0.08, 0.05];
/** Mean hours between two visits of a visitor. */
const BETWEEN_HOURS = 1;
/** Visitors differ in how readily they engage: Beta(mean, 1 - mean) times this, so that visits of one are correlated by 1 / (1 + this). */
const ENGAGEMENT_SPREAD = 8;
const BASE_ENGAGEMENT = 0.2;
export const BASE_ERRORS = 0.002;
/** Share of visits without a log: without consent, or closed too early. */
export const BASE_NO_LOG = 0.03;
const LATENCY = lognormal(40, 60);
const RENDERING = lognormal(60, 40);
/** Share of visits with a rating, 1-5, and their mean and standard deviation before rounding. */
const RATED = 0.05;
const RATING = { mean: 3.8, sd: 1 };
/** Mean share of links that a visit follows. */
const CLICK_THROUGH = 0.1;

/** What is wrong with the candidate, in its own visits. */
export interface Effects {
  /** Share of engaged visits, difference. */
  engagementDelta: number;
  latencyDelta: number;
  /** Rates of the candidate's visits. */
  errorRate: number;
  noLogRate: number;
}

/** Somebody who comes to the site. */
export interface SiteVisitor {
  /** Place in the assignment, and in a sample by hash: both uniform and independent. */
  place: number;
  hash: bigint;
  bucket: number;
  engagement: number;
  /** Numbers of the tallies in which the visitor has a log, an error, negative feedback. */
  logged: number[];
  erred: number[];
  negative: number[];
  visitsLeft: number;
}

/** The random numbers of a run. */
export class Chance {
  private readonly draws: Draws;
  private spare: number | null = null;
  constructor(draws: Draws) {
    this.draws = draws;
  }

  uniform(): number {
    return this.draws.uniform();
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    if (this.spare !== null) {
      const { spare } = this;
      this.spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Poisson: by its definition for small means, else by the normal that it is nearly. */
  poisson(mean: number): number {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const floor = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++;
    return count;
  }

  /** Gamma of a shape and scale 1, by Marsaglia and Tsang 2000. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }
}

/** A new visitor. */
export function newVisitor(chance: Chance): SiteVisitor {
  let visits = 1;
  for (let left = chance.uniform() - (VISITS[0] ?? 1); left >= 0 && visits < VISITS.length; visits++) {
    left -= VISITS[visits] ?? 0;
  }
  return {
    place: chance.uniform(),
    hash: BigInt(Math.floor(chance.uniform() * 2 ** 52)),
    bucket: Math.floor(chance.uniform() * BUCKETS),
    engagement: chance.beta(BASE_ENGAGEMENT * ENGAGEMENT_SPREAD, (1 - BASE_ENGAGEMENT) * ENGAGEMENT_SPREAD),
    logged: [],
    erred: [],
    negative: [],
    visitsLeft: visits - 1,
  };
}

/** Steps until the visitor is back. */
export function stepsUntilNext(chance: Chance): number {
  return 1 + Math.floor(-Math.log(1 - chance.uniform()) * BETWEEN_HOURS * HOUR_STEPS);
}

/** How a visit goes, by what its version does to it; null effects are those of stable. */
export function visitOf(visitor: SiteVisitor, effects: Effects | null, chance: Chance) {
  const engagement = visitor.engagement * (1 + (effects?.engagementDelta ?? 0) / BASE_ENGAGEMENT);
  const isRated = chance.uniform() < RATED;
  return {
    latencyMs: Math.exp(LATENCY.mu + LATENCY.sigma * chance.normal()) + (effects?.latencyDelta ?? 0),
    isLogged: chance.uniform() >= (effects?.noLogRate ?? BASE_NO_LOG),
    engaged: chance.uniform() < engagement,
    erred: chance.uniform() < (effects?.errorRate ?? BASE_ERRORS),
    renderingMs: Math.exp(RENDERING.mu + RENDERING.sigma * chance.normal()),
    clickThrough: Math.min(1, -Math.log(1 - chance.uniform()) * CLICK_THROUGH),
    rating: isRated ? Math.min(5, Math.max(1, Math.round(RATING.mean + RATING.sd * chance.normal()))) : null,
  };
}

/** Parameters of a lognormal distribution of this mean and standard deviation. */
function lognormal(mean: number, sd: number): { mu: number; sigma: number } {
  const square = Math.log(1 + (sd / mean) ** 2);
  return { mu: Math.log(mean) - square / 2, sigma: Math.sqrt(square) };
}

import { createRequire } from "node:module";
import type gammainc from "@stdlib/math-base-special-gammainc";
import type betaQuantileOf from "@stdlib/stats-base-dists-beta-quantile";
import type binomialCdfOf from "@stdlib/stats-base-dists-binomial-cdf";
import type binomialPmfOf from "@stdlib/stats-base-dists-binomial-pmf";
import type chiSquareQuantileOf from "@stdlib/stats-base-dists-chisquare-quantile";
import type normalCdfOf from "@stdlib/stats-base-dists-normal-cdf";
import type normalQuantileOf from "@stdlib/stats-base-dists-normal-quantile";
import type tCdfOf from "@stdlib/stats-base-dists-t-cdf";
import type tQuantileOf from "@stdlib/stats-base-dists-t-quantile";

// @stdlib is some 450 small files, 50 to 120 ms to load: the first question pays for them, not every cold start.
const require = createRequire(import.meta.url);

function lazily<T>(load: () => T): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

const normalCdf = lazily<typeof normalCdfOf>(() => require("@stdlib/stats-base-dists-normal-cdf"));
const normalQuantile = lazily<typeof normalQuantileOf>(() => require("@stdlib/stats-base-dists-normal-quantile"));
const t = lazily<typeof tCdfOf>(() => require("@stdlib/stats-base-dists-t-cdf"));
const tInverse = lazily<typeof tQuantileOf>(() => require("@stdlib/stats-base-dists-t-quantile"));
const chiSquareInverse = lazily<typeof chiSquareQuantileOf>(() =>
  require("@stdlib/stats-base-dists-chisquare-quantile"),
);
const incompleteGamma = lazily<typeof gammainc>(() => require("@stdlib/math-base-special-gammainc"));
const betaInverse = lazily<typeof betaQuantileOf>(() => require("@stdlib/stats-base-dists-beta-quantile"));
const binomial = lazily<typeof binomialCdfOf>(() => require("@stdlib/stats-base-dists-binomial-cdf"));
const binomialMass = lazily<typeof binomialPmfOf>(() => require("@stdlib/stats-base-dists-binomial-pmf"));

/** P(Z <= z) of a standard normal Z. */
export function standardNormalCdf(z: number): number {
  return normalCdf()(z, 0, 1);
}

/** The z with P(Z <= z) = p of a standard normal Z, for 0 < p < 1. */
export function standardNormalQuantile(p: number): number {
  return normalQuantile()(p, 0, 1);
}

/** P(T <= x) of Student's t; degrees of freedom > 0, whole or not. */
export function tCdf(x: number, degreesOfFreedom: number): number {
  return t()(x, degreesOfFreedom);
}

/** The x with P(T <= x) = p of Student's t, for 0 < p < 1. */
export function tQuantile(p: number, degreesOfFreedom: number): number {
  return tInverse()(p, degreesOfFreedom);
}

/** P(X > x) of chi-square for x >= 0: the upper tail itself, not 1 - cdf, which is 0 below 1e-16. */
export function chiSquareUpperTail(x: number, degreesOfFreedom: number): number {
  return incompleteGamma()(x / 2, degreesOfFreedom / 2, true, true);
}

/** The x with P(X <= x) = p of chi-square, for 0 < p < 1. */
export function chiSquareQuantile(p: number, degreesOfFreedom: number): number {
  return chiSquareInverse()(p, degreesOfFreedom);
}

/** The x with P(X <= x) = p of Beta(alpha, beta), for 0 < p < 1. */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  return betaInverse()(p, alpha, beta);
}

/** P(K <= k) of a binomial K out of n; 0 below k = 0. */
export function binomialCdf(k: number, n: number, p: number): number {
  return binomial()(k, n, p);
}

/** P(K = k) of a binomial K out of n. */
export function binomialPmf(k: number, n: number, p: number): number {
  return binomialMass()(k, n, p);
}

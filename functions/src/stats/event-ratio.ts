import { demand } from "./measured.ts";

/** Rate ratios, treatment to control, that more events than by chance are looked for at, each as likely. */
const RATE_RATIOS = [1.5, 2.5, 4, 8, 16] as const;
/** Rates, in visitors with an event, that a rate below the tolerated one is looked for at, each as likely. */
const LOW_RATES = [0.001, 0.003, 0.006, 0.01] as const;

/** Units with at least one event in two arms, and the arms' shares of those who were exposed. */
export interface EventCounts {
  control: number;
  treatment: number;
  /** Treatment's share of the exposed units, between 0 and 1. */
  share: number;
}

/**
 * Natural logarithm of the evidence that events are more frequent in the treatment: an e-process, so that 1/alpha is exceeded at any time
 * with probability alpha at most where they are not. If rates are equal, each event falls into the treatment with its share p0 of the
 * exposed; at a rate ratio r with r p0 / (r p0 + 1 - p0). The likelihood ratio is averaged over ratios of 1.5, 2.5, 4, 8 and 16, the
 * same one in all strata. Depends on counts alone, since every order of them has the same likelihood.
 *
 * Ramdas, Grünwald, Vovk and Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference"; mixtures of likelihood
 * ratios: Wald 1945.
 * @throws RangeError for negative counts or a share outside (0, 1)
 */
export function logEvidenceOfMore(strata: readonly EventCounts[]): number {
  return logMean(
    RATE_RATIOS.map((ratio) =>
      strata.reduce((sum, { control, treatment, share }) => {
        demand(control >= 0 && treatment >= 0, "counts are not negative");
        demand(share > 0 && share < 1, "a share is between 0 and 1");
        const scale = ratio * share + 1 - share;
        return sum + treatment * Math.log(ratio / scale) - control * Math.log(scale);
      }, 0),
    ),
  );
}

/**
 * Natural logarithm of the evidence that fewer than `tolerated` of the units have an event: the likelihood of rates of 0.1, 0.3, 0.6 and
 * 1 per cent, averaged, over that of the tolerated rate; an e-process against "at least as many". Rates that are not below the
 * tolerated one are left out.
 * @throws RangeError unless 0 <= events <= units, and 0 < tolerated < 1
 */
export function logEvidenceOfFew({ events, units }: { events: number; units: number }, tolerated: number): number {
  demand(events >= 0 && events <= units, "events are at most units");
  demand(tolerated > 0 && tolerated < 1, "a rate is between 0 and 1");
  const below = LOW_RATES.filter((rate) => rate < tolerated);
  const rates = below.length > 0 ? below : [tolerated / 2];
  return logMean(
    rates.map(
      (rate) => events * Math.log(rate / tolerated) + (units - events) * (Math.log1p(-rate) - Math.log1p(-tolerated)),
    ),
  );
}

function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}

import { type DrawnVisit, decodeVisit, FEEDBACK, VISITORS } from "../collect/drawn-visit.ts";
import { decodeDraws, estimateVisitors, mergeDraws } from "../collect/draws.ts";
import type { Traffic } from "../collect/schema.ts";
import { CLASS_GROUPS } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import type { Day, Feedback, Visitor, Volume } from "./visitors.ts";
import { wantedClasses } from "./wanted-classes.ts";

type Hour = Extract<Traffic, { granularity: "1h" }>;
type CalendarDay = Extract<Traffic, { granularity: "1d" }>;

/** How visits are judged. */
export interface Judge {
  /** The version in service; null while that is the rules, which nothing is judged by. */
  model: VersionModel | null;
  policy: "engagement" | "observed";
  /** Arms whose visits count for accuracy. */
  arms: ReadonlySet<DrawnVisit["arm"]>;
}

const HOUR_MS = 3_600_000;

/** The visitors of some hours together, each judged by the version in service. */
export function dayOf(hours: readonly Hour[], { fromMs, toMs }: { fromMs: number; toMs: number }, judge: Judge): Day {
  const within = hours.filter(({ start }) => Date.parse(start) >= fromMs && Date.parse(start) < toMs);
  const sample = mergeDraws(
    within.map(({ visitors }) => visitors),
    VISITORS,
  );
  const visitors = decodeDraws(sample, VISITORS).map(({ payload }) => judged(decodeVisit(payload), judge));
  return { fromMs, toMs, visitors, seen: estimateVisitors(sample, VISITORS) };
}

function judged(visit: DrawnVisit, { model, policy, arms }: Judge): Visitor {
  const { cell, features, language } = visit;
  const answered = model === null ? null : model.predict(Float64Array.from(features)).classes;
  const wanted = wantedClasses(visit, policy);
  const counts = arms.has(visit.arm);
  const right = Object.fromEntries(
    CLASS_GROUPS.map((group) => {
      const of = wanted[group];
      return [group, answered === null || of === null || !counts ? null : answered[group] === of];
    }),
  ) as Visitor["right"];
  return { cell, features, language, answered, right };
}

/** Who gave feedback in some hours and days that do not overlap. */
export function feedbackOf(traffic: readonly Pick<Traffic, "feedback">[]): Feedback {
  const sample = mergeDraws(
    traffic.map(({ feedback }) => feedback),
    FEEDBACK,
  );
  const draws = decodeDraws(sample, FEEDBACK);
  return { visitors: draws.length, negative: draws.filter(({ payload }) => payload[0] === 1).length };
}

/** Visits of every hour in [fromMs, toMs), from the days that hold them. */
export function volumeOf(days: readonly CalendarDay[], { fromMs, toMs }: { fromMs: number; toMs: number }): Volume {
  const visits = Array<number>(Math.max(0, Math.round((toMs - fromMs) / HOUR_MS))).fill(0);
  for (const { start, hours } of days) {
    const first = (Date.parse(start) - fromMs) / HOUR_MS;
    hours.forEach((count, hour) => {
      const at = first + hour;
      if (at >= 0 && at < visits.length) visits[at] = (visits[at] ?? 0) + count;
    });
  }
  return { fromMs, visits };
}

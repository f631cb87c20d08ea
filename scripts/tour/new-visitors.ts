import { check } from "./check.ts";
import type { AnsweredVisit } from "./life.ts";
import { liveHour } from "./ordinary-days.ts";
import { ROUTING_FRESH_MS } from "./release.ts";
import type { Tour } from "./tour.ts";

/** New visitors outside the holdback. */
const NEW_VISITORS = 700;
/** Share of visits that may be answered by a fallback. */
const MAX_FALLBACKS = 0.01;

/** The visits of 700 visitors who were not here before, answered by the version; in the holdback by the rules. */
export async function newVisitors(tour: Tour, version: string): Promise<AnsweredVisit[]> {
  const { life, narrator } = tour;
  await new Promise((later) => setTimeout(later, ROUTING_FRESH_MS));
  const firstNew = life.crowd.visitorCount;
  const answered: AnsweredVisit[] = [];
  const treated = new Set<number>();
  for (let hour = 0; treated.size < NEW_VISITORS; hour++) {
    for (const one of await liveHour(tour, hour)) {
      const { visit, prediction } = one;
      if (visit.visitorNumber < firstNew) continue;
      answered.push(one);
      if (prediction.arm !== "holdback") treated.add(visit.visitorNumber);
    }
    narrator.progress(`${treated.size} of ${NEW_VISITORS} new visitors`);
  }
  await life.sendLate();
  answeredBy(tour, version, answered);
  return answered;
}

/**
 * The version answers everybody but the holdback, who are answered by the rules. An instance that has only just started may
 * answer by the rules until it has the version; such visits stay in the figures.
 */
function answeredBy({ narrator }: Tour, version: string, answered: readonly AnsweredVisit[]): void {
  const wanted = (arm: string) => (arm === "holdback" ? "rules" : version);
  const others = answered.filter(({ prediction }) => prediction.model_version !== wanted(prediction.arm));
  check(others.length <= MAX_FALLBACKS * answered.length, () => {
    const [first] = others;
    return `new visitors should be answered by ${version}, the holdback by the rules, but ${others.length} of ${answered.length} visits were not: one in the arm ${first?.prediction.arm} by ${first?.prediction.model_version}`;
  });
  const fallbacks = others.length === 0 ? "" : `, ${others.length} of them by a fallback while an instance started`;
  narrator.note(
    `${answered.length} visits of new visitors, answered by the version or, in the holdback, by the rules${fallbacks}`,
  );
}

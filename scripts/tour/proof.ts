import { check, eventually } from "./check.ts";
import { firedOnce } from "./first-training.ts";
import type { AnsweredVisit } from "./life.ts";
import { liveHour } from "./ordinary-days.ts";
import { ROUTING_FRESH_MS } from "./release.ts";
import { runAt } from "./schedule.ts";
import type { Tour, TourResult } from "./tour.ts";
import { worthOf, worthTable } from "./worth.ts";

/** New visitors outside the holdback. */
const NEW_VISITORS = 1000;
/** Share of visits that may be answered by a fallback. */
const MAX_FALLBACKS = 0.01;

/**
 * Step 4: new visitors are answered by the version, the holdback by the rules, and the version is worth it: the lower 95 %
 * bound of what it gains in true engagement probability is above 0.
 */
export async function proof(tour: Tour, version: string): Promise<TourResult["engagement"]> {
  const { life, narrator, seed, state } = tour;
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
  await foldedAll(tour);
  await firedOnce(state);
  const alerts = await state.alerts();
  check(
    alerts.length === 0,
    () => `nothing should have raised an alert, but: ${alerts.map(({ message }) => message).join("; ")}`,
  );

  const worths = worthOf(answered, seed);
  narrator.note(
    "True probability that a visit is engaged, which the system never sees, with 95 % intervals over visitors:",
  );
  narrator.note(worthTable(worths));
  const [everybody] = worths;
  const [low = Number.NaN] = everybody?.gain ?? [];
  check(low > 0, () => {
    return `the version should gain something over the rules, but the lower 95 % bound of the difference is ${low.toFixed(4)}`;
  });
  return everybody === undefined ? null : { rules: everybody.rules, model: everybody.model, best: everybody.best };
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

/** Every log that was accepted is folded, and none twice. */
async function foldedAll(tour: Tour): Promise<void> {
  const { life, state } = tour;
  let folded = 0;
  await eventually(
    async () => {
      await runAt(tour, "monitorHealth", life.crowd.nowMs);
      folded = await state.folded();
      return folded >= life.told.accepted ? true : null;
    },
    {
      seconds: 60,
      sentence: () => `all ${life.told.accepted} accepted logs should be folded, but ${folded} are`,
    },
  );
  check(folded === life.told.accepted, () => {
    return `${life.told.accepted} logs were accepted and each should be folded once, but ${folded} were folded`;
  });
}

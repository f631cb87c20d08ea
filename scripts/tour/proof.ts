import { runSchedule } from "../stack/client.ts";
import { check, eventually } from "./check.ts";
import { firedOnce } from "./first-training.ts";
import type { AnsweredVisit } from "./life.ts";
import { liveHour } from "./ordinary-days.ts";
import { ROUTING_FRESH_MS } from "./release.ts";
import type { Tour, TourResult } from "./tour.ts";
import { worthOf, worthTable } from "./worth.ts";

const NEW_VISITORS = 1000;

/**
 * Step 4: new visitors are answered by the version, the holdback by the rules, and the version is worth it: the lower 95 %
 * bound of what it gains in true engagement probability is above 0.
 */
export async function proof(tour: Tour, version: string): Promise<TourResult["engagement"]> {
  const { life, narrator, seed, state } = tour;
  await new Promise((later) => setTimeout(later, ROUTING_FRESH_MS));
  const firstNew = life.crowd.visitorCount;
  const answered: AnsweredVisit[] = [];
  for (let hour = 0; life.crowd.visitorCount - firstNew < NEW_VISITORS; hour++) {
    answered.push(...(await liveHour(tour, hour)).filter(({ visit }) => visit.visitorNumber >= firstNew));
    narrator.progress(`${life.crowd.visitorCount - firstNew} of ${NEW_VISITORS} new visitors`);
  }
  await life.sendLate();
  for (const { prediction } of answered) {
    const wanted = prediction.arm === "holdback" ? "rules" : version;
    check(prediction.model_version === wanted, () => {
      return `a new visitor in the arm ${prediction.arm} should be answered by ${wanted}, but was by ${prediction.model_version}`;
    });
  }
  await foldedAll(tour);
  await firedOnce(state);

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

/** Every log that was accepted is folded, and none twice. */
async function foldedAll({ functionsUrl, life, state }: Tour): Promise<void> {
  let folded = 0;
  await eventually(
    async () => {
      await runSchedule("monitorHealth", new Date(life.crowd.nowMs).toISOString(), functionsUrl);
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

import { check } from "./check.ts";
import { newVisitors } from "./new-visitors.ts";
import { settled } from "./settled.ts";
import type { Tour, TourResult } from "./tour.ts";
import { worthOf, worthTable } from "./worth.ts";

/**
 * Step 4: new visitors are answered by the version, the holdback by the rules, and the version is worth it: the lower 95 %
 * bound of what it gains in true engagement probability is above 0.
 */
export async function proof(tour: Tour, version: string): Promise<TourResult["engagement"]> {
  const { narrator, seed } = tour;
  const answered = await newVisitors(tour, version);
  await settled(tour);

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

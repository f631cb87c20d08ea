import { isDeepStrictEqual } from "node:util";
import { Lifecycle } from "../../functions/src/config.ts";
import { callFunction } from "../stack/client.ts";
import { check } from "./check.ts";
import { changesInWords, TOUR_POLICY } from "./policy.ts";
import type { Tour } from "./tour.ts";

/** Step 0: an admin writes the tour's policy, and says what is not as it would be on a site. */
export async function ownPolicy({ narrator, startMs, state, idToken }: Tour): Promise<void> {
  const fresh = (await state.count("interaction_logs")) === 0 && (await state.versions()).length === 0;
  check(fresh, () => "the tour should begin on an empty stack, but there are logs or versions already");
  const data = {
    policy: TOUR_POLICY,
    reason: "the tour has thousands of visitors, not thousands a day, and lives through days, not months",
  };
  const outcome = await callFunction("setConfig", data, idToken);
  check(outcome.ok, () => `setConfig should take the tour's policy, but said ${JSON.stringify(outcome)}`);
  const { policy } = outcome.result as { policy: Lifecycle };
  check(isDeepStrictEqual(policy, Lifecycle.parse(TOUR_POLICY)), () => {
    return `the policy in force should be the defaults with the tour's changes, but is ${JSON.stringify(policy)}`;
  });
  for (const change of changesInWords(TOUR_POLICY)) narrator.note(change);
  narrator.note(`virtual time starts on ${new Date(startMs).toUTCString()}`);
}

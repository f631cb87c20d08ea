import { Lifecycle } from "../../functions/src/config.ts";
import { fieldIssues, inWords } from "../../functions/src/shared/errors.ts";

/**
 * The triggers' policy with some numbers put in their place, and without the two triggers that fire on schedule: they never do
 * so falsely, and would come before others.
 * @throws {RangeError} a name or a number that the policy does not take
 */
export function simulatedPolicy(triggers: object): Lifecycle["triggers"] {
  const parsed = Lifecycle.safeParse({ triggers });
  if (!parsed.success) throw new RangeError(inWords(fieldIssues(parsed.error)));
  const { data_volume, age, ...rest } = parsed.data.triggers;
  return { ...rest, data_volume: { ...data_volume, enabled: false }, age: { ...age, enabled: false } };
}

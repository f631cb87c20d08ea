import { Lifecycle } from "../config.ts";
import { parseInput } from "../shared/errors.ts";
import { LIFECYCLE_PATH } from "../shared/lifecycle.ts";
import { SetConfigRequest } from "./schema.ts";
import type { PolicyStore } from "./store.ts";

/**
 * Puts a policy in force for an admin. It replaces the whole document, so that what is stored is what was read and
 * approved: a field that is left out has its default from then on, whatever was set before.
 * @returns the policy in force, defaults filled in
 * @throws {InputError} naming each field and rule
 * @throws {RefusedError} while somebody's edit of routing waits to be judged
 */
export async function setPolicy(policies: PolicyStore, data: unknown, uid: string): Promise<Lifecycle> {
  const { policy: stored, reason } = parseInput(SetConfigRequest, data, "the request");
  const policy = parseInput(Lifecycle, stored, LIFECYCLE_PATH);
  await policies.set(stored, policy, { who: uid, reason });
  return policy;
}

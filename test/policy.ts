import { afterAll, beforeAll, expect, vi } from "vitest";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_JOURNAL, LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";

/** Sets config/lifecycle, and waits until the trigger has seen it: what it copies to routing would else land in a test. */
export async function setPolicy(policy: Record<string, unknown>): Promise<void> {
  await database().doc(LIFECYCLE_PATH).set(policy);
  await seenByTrigger((journaled) => expect(journaled).toEqual(policy));
}

/** @param check of the newest policy in the journal; undefined before the first */
async function seenByTrigger(check: (journaled: unknown) => void): Promise<void> {
  await vi.waitFor(
    async () => {
      const { docs } = await database().collection(LIFECYCLE_JOURNAL).orderBy("n", "desc").limit(1).get();
      check(docs[0]?.get("policy"));
    },
    { timeout: 90_000, interval: 200 },
  );
}

/**
 * Puts config/lifecycle back as it was before the tests of the file that calls this, and waits until the trigger has seen it:
 * what it copies to routing would else land in the next file's tests.
 */
export function restorePolicyAfterwards(): void {
  const document = database().doc(LIFECYCLE_PATH);
  let before: Record<string, unknown> | undefined;
  beforeAll(async () => {
    before = (await document.get()).data();
  });
  afterAll(async () => {
    if (before === undefined) await document.delete();
    else await document.set(before);
    await seenByTrigger((journaled) => expect(journaled ?? before ?? {}).toEqual(before ?? {}));
  });
}

import { afterAll, beforeAll, expect, vi } from "vitest";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_JOURNAL, LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";

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
    await vi.waitFor(
      async () => {
        const { docs } = await database().collection(LIFECYCLE_JOURNAL).orderBy("n", "desc").limit(1).get();
        if (docs[0] !== undefined) expect(docs[0].get("policy")).toEqual(before ?? {});
      },
      { timeout: 90_000, interval: 200 },
    );
  });
}

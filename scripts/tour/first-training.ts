import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { check, eventually } from "./check.ts";
import { madeVersion } from "./made-version.ts";
import { runAt } from "./schedule.ts";
import { firedOnce } from "./settled.ts";
import type { Tour } from "./tour.ts";

const MINUTE_MS = 60_000;
/** Seconds for the trigger. */
const FIRED_SECONDS = 60;

/**
 * Step 3, first half: the volume trigger has fired once, its job is followed to its end, and the version is checked byte
 * by byte.
 */
export async function firstTraining(tour: Tour): Promise<ModelVersion> {
  const { narrator, state, life } = tour;
  let atMs = life.crowd.nowMs;
  await eventually(
    async () => {
      if ((await state.firedEvaluations()).length > 0) return true;
      atMs += 5 * MINUTE_MS;
      await runAt(tour, "monitorHealth", atMs);
      return null;
    },
    {
      seconds: FIRED_SECONDS,
      sentence: () => `after ${life.told.accepted} logs the volume trigger should have fired, but no evaluation has`,
    },
  );
  const { version } = await madeVersion(tour, () => true);
  await firedOnce(state);
  check(version.gate.verdict === "better", () => {
    return `the version should be better than the rules on the hold-out, but: ${version.gate.reason}`;
  });
  for (const [group, figures] of Object.entries(version.metrics.classes)) {
    if (!figures.varies) continue;
    const share = (value: number) => `${(100 * value).toFixed(1)} %`;
    narrator.note(
      `hold-out ${group}: right ${share(figures.accuracy)}, the rules ${share(figures.rules_accuracy)}, the most frequent class ${share(figures.majority_accuracy)}`,
    );
  }
  return version;
}

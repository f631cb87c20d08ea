import { setTimeout as sleep } from "node:timers/promises";
import { classIndices } from "../../functions/src/design/css.ts";
import type { Site } from "../tour/site.ts";
import { Crowd, type Visit } from "./crowd.ts";
import { pageLog } from "./page-log.ts";

const HOUR_MS = 3_600_000;
/** One in ten seconds on average: enough to see something happen, and little for the emulators. */
const VISITS_PER_DAY = 8640;

/**
 * Simulated visitors in real time, beside a person's own browser, until the process ends: each asks when it comes, and tells
 * when it leaves. A visit that fails is said and forgotten.
 */
export async function keepComing(
  site: Site,
  { seed, say }: { seed: number; say: (line: string) => void },
): Promise<never> {
  const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const crowd = new Crowd({ seed, startMs, visitsPerDay: VISITS_PER_DAY });
  // As at the end of the tour.
  crowd.turnTastes();
  for (;;) {
    const untilMs = crowd.nowMs + HOUR_MS;
    for (const visit of crowd.nextHour()) {
      if (visit.atMs < Date.now()) continue;
      await sleep(visit.atMs - Date.now());
      come(crowd, site, visit).catch((error: unknown) => say(`A simulated visit failed: ${String(error)}`));
    }
    await sleep(Math.max(0, untilMs - Date.now()));
  }
}

async function come(crowd: Crowd, site: Site, visit: Visit): Promise<void> {
  const prediction = await site.predict(visit);
  const behaviour = crowd.behave(visit, classIndices(prediction.css_classes));
  await sleep(behaviour.session_duration);
  await site.sendLogs([JSON.stringify(pageLog(visit, prediction, behaviour))], { asArray: false });
}

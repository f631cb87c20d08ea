import { check } from "./check.ts";
import { type AnsweredVisit, inWords } from "./life.ts";
import { progressOf } from "./made-version.ts";
import { runAt } from "./schedule.ts";
import type { Tour } from "./tour.ts";

const HOURS = 36;
/** Virtual hours between two runs of monitorHealth, which folds what the triggers have not. */
const MONITOR_HOURS = 3;

/** One virtual hour of the crowd, with the system's own schedule now and then. */
export async function liveHour(tour: Tour, hour: number): Promise<AnsweredVisit[]> {
  const { life } = tour;
  const answered = await life.hour();
  if (hour % MONITOR_HOURS === MONITOR_HOURS - 1) await runAt(tour, "monitorHealth", life.crowd.nowMs);
  return answered;
}

/** Step 2: visits ask, behave and tell, hour by hour; logs that something has happened to are counted exactly. */
export async function ordinaryDays(tour: Tour): Promise<void> {
  const { life, narrator, state } = tour;
  let visits = 0;
  const versions = new Set<string>();
  for (let hour = 0; hour < HOURS; hour++) {
    for (const { prediction } of await liveHour(tour, hour)) {
      visits++;
      versions.add(prediction.model_version);
    }
    const [job] = await state.jobs();
    const meanwhile = job === undefined ? "" : `; meanwhile a retraining: ${progressOf(job)}`;
    narrator.progress(
      `${weekday(life.crowd.nowMs)}: ${visits} visits of ${life.crowd.visitorCount} visitors${meanwhile}`,
    );
  }
  await life.sendLate();
  check(versions.size === 1 && versions.has("rules"), () => {
    return `before a release every visit should be answered by the rules, but these answered: ${[...versions].join(", ")}`;
  });
  const stored = { logs: await state.count("interaction_logs"), quarantined: await state.count("quarantined_logs") };
  check(stored.logs === life.told.accepted && stored.quarantined === life.told.quarantined, () => {
    return `${life.told.accepted} logs and ${life.told.quarantined} in quarantine should be stored, but there are ${stored.logs} and ${stored.quarantined}`;
  });
  narrator.note(`${visits} visits of ${life.crowd.visitorCount} visitors; their logs: ${inWords(life.told)}`);
  const mischief = [...life.mischief].map(([name, count]) => `${count} ${name.replace("_", " ")}`).sort();
  narrator.note(`on their way: ${mischief.join(", ")}; each counted as what it is`);
}

/** `Tuesday 07:00`, virtual time in UTC. */
export function weekday(ms: number): string {
  const date = new Date(ms);
  const day = date.toLocaleDateString("en-GB", { weekday: "long", timeZone: "UTC" });
  return `${day} ${date.toISOString().slice(11, 16)}`;
}

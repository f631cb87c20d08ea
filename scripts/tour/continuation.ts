import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { isoWeek } from "../../functions/src/shared/time.ts";
import { INCREMENTAL_ROUNDS } from "../../functions/src/train/parent.ts";
import { nextTime, WEEKLY } from "../stack/scheduler.ts";
import { check } from "./check.ts";
import { inWords, isGrown, roundsIn } from "./lineage.ts";
import { type MadeVersion, madeVersion } from "./made-version.ts";
import { liveHour, weekday } from "./ordinary-days.ts";
import { runAt } from "./schedule.ts";
import { settled } from "./settled.ts";
import type { Tour } from "./tour.ts";

/**
 * Step 5, first part: tastes turn around, the crowd lives on until the weekly schedule, and that goes on from the version in
 * service with what is new. No trigger has anything to say before: a week after the last training is not over.
 */
export async function continuation(tour: Tour, parent: ModelVersion): Promise<MadeVersion> {
  const { life, narrator } = tour;
  const turnedMs = life.crowd.nowMs;
  life.crowd.turnTastes();
  narrator.note(
    `${weekday(turnedMs)}: tastes turn around; those whom another density held are no longer held by it, and all others are`,
  );
  const scheduleMs = nextTime(WEEKLY, turnedMs);
  let visits = 0;
  for (let hour = 0; life.crowd.nowMs < scheduleMs; hour++) {
    visits += (await liveHour(tour, hour)).length;
    narrator.progress(`${weekday(life.crowd.nowMs)}: ${visits} visits since tastes turned`);
  }
  await life.sendLate();
  await settled(tour, [], true);
  const days = ((scheduleMs - turnedMs) / 86_400_000).toFixed(1);
  const told = (await tour.state.alerts()).filter(({ kind }) => kind === "monitor_harm");
  narrator.note(`${visits} visits in ${days} days; no trigger fired; nothing but monitoring raised an alert`);
  for (const { message } of told) narrator.note(`monitoring says: ${message}`);

  const id = `incremental.${isoWeek(scheduleMs)}`;
  // Cloud Scheduler may deliver twice: one job all the same.
  for (let times = 0; times < 2; times++) await runAt(tour, "retrainWeekly", scheduleMs);
  const made = await madeVersion(tour, (job) => job.id === id);
  await settled(tour, [id], true);
  await tellLineage(tour, parent, made.version);
  return made;
}

/** Parent and child, by their documents and files; what the gate says of the child, on the same hold-out. */
async function tellLineage({ narrator, state }: Tour, parent: ModelVersion, child: ModelVersion): Promise<void> {
  const rounds = { parent: roundsIn(await state.files(parent)), child: roundsIn(await state.files(child)) };
  narrator.note(`parent ${inWords(parent, rounds.parent)}`);
  narrator.note(`child ${inWords(child, rounds.child)}`);
  const { kind, parent: named } = child.lineage;
  check(kind === "incremental" && named === parent.version, () => {
    return `${child.version} should be an incremental child of ${parent.version}, but is ${kind}, of ${named}`;
  });
  check(isGrown({ ...rounds, more: INCREMENTAL_ROUNDS }), () => {
    return `every model of the child should be the parent's with ${INCREMENTAL_ROUNDS} rounds more, but they have ${JSON.stringify(rounds)}`;
  });
  narrator.note(`the gate says ${child.gate.verdict.replaceAll("_", " ")}: ${child.gate.reason}`);
  check(child.gate.verdict === "better" && child.gate.against === parent.version, () => {
    return `the child should be better than ${parent.version}, but it is ${child.gate.verdict}, against ${child.gate.against}`;
  });
}

import { check, eventually } from "./check.ts";
import { runAt } from "./schedule.ts";
import type { State } from "./state.ts";
import type { Tour } from "./tour.ts";

/**
 * Nothing has happened behind the tour's back: every log is folded, once; the volume trigger has fired once and nothing else
 * has; nothing has raised an alert but monitoring, where it should.
 * @param scheduled ids of the jobs that a schedule has opened
 * @param watched what monitoring may have told of is expected
 */
export async function settled(tour: Tour, scheduled: readonly string[] = [], watched = false): Promise<void> {
  await foldedAll(tour);
  await firedOnce(tour.state, scheduled);
  const all = await tour.state.alerts();
  const alerts = all.filter(({ kind }) => !(watched && kind.startsWith("monitor_")));
  check(
    alerts.length === 0,
    () => `nothing should have raised an alert, but: ${alerts.map(({ message }) => message).join("; ")}`,
  );
}

/** The volume trigger fires once in the whole tour, and opens one job; beside it there are only those of schedules. */
export async function firedOnce(state: State, scheduled: readonly string[] = []): Promise<void> {
  const fired = await state.firedEvaluations();
  const jobs = (await state.jobs()).map(({ id }) => id);
  const [evaluation] = fired;
  const wanted = [evaluation?.job, ...scheduled];
  const asWanted = jobs.length === wanted.length && jobs.every((id) => wanted.includes(id));
  check(fired.length === 1 && evaluation?.fired === "data_volume" && asWanted, () => {
    const seen = fired.map(({ id, fired: trigger }) => `${trigger} at ${id}`).join(", ");
    const beside = scheduled.length === 0 ? "" : `, beside ${scheduled.join(", ")}`;
    return `the volume trigger should have fired once and opened one job${beside}, but there are the jobs ${jobs.join(", ") || "none"}, and fired has: ${seen}`;
  });
}

/** Every log that was accepted is folded, and none twice. */
async function foldedAll(tour: Tour): Promise<void> {
  const { life, state } = tour;
  let folded = 0;
  await eventually(
    async () => {
      await runAt(tour, "monitorHealth", life.crowd.nowMs);
      folded = await state.folded();
      return folded >= life.told.accepted ? true : null;
    },
    {
      seconds: 60,
      sentence: () => `all ${life.told.accepted} accepted logs should be folded, but ${folded} are`,
    },
  );
  check(folded === life.told.accepted, () => {
    return `${life.told.accepted} logs were accepted and each should be folded once, but ${folded} were folded`;
  });
}

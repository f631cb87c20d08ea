import { describe, expect, it } from "vitest";
import { HeldJob, LostJobError } from "./held-job.ts";
import { apply, type JobEvent } from "./job.ts";
import type { RetrainingJob } from "./schema.ts";

const NOW = Date.parse("2026-09-28T05:00:00.000Z");
const JOB: RetrainingJob = {
  schema_version: 1,
  id: "job",
  kind: "full",
  requested_by: "system",
  reason: "",
  evaluation: null,
  as_of: "2026-09-28T05:00:00.000Z",
  in_service: "rules",
  created_at: "2026-09-28T05:00:00.000Z",
  stage: "training",
  stage_since: "2026-09-28T05:00:00.000Z",
  attempts: 0,
  lease: { holder: "worker", expires_at: "2026-09-28T05:01:30.000Z" },
  fence: 1,
  enqueued_at: null,
  progress: { done: 0, total: 2, message: "" },
  dataset: null,
  validation: null,
  units: {},
  version: null,
  result: null,
  ended_at: null,
};

/** A store whose transactions hold at once and whose answers come when they are let go, in any order. */
function slowStore() {
  let stored = JOB;
  const answers: (() => void)[] = [];
  return {
    answers,
    report(_id: string, _who: unknown, events: readonly JobEvent[]): Promise<RetrainingJob> {
      stored = events.reduce((job, event) => apply(job, event, NOW), stored);
      const answer = stored;
      return new Promise((resolve) => answers.push(() => resolve(answer)));
    },
  };
}

// With a lease of 0 s every beat is due.
const OPTIONS = { leaseSeconds: 0, maxHours: 12, clock: () => NOW };

const settle = () => new Promise((resolve) => setTimeout(resolve, 1));

describe("a held job", () => {
  it("has one sign of life under way at a time", async () => {
    const store = slowStore();
    const held = new HeldJob(store, JOB, OPTIONS);
    const beats = ["1", "2", "3"].map((message) => held.beat(message));
    await settle();
    expect(store.answers).toHaveLength(1);
    store.answers[0]?.();
    await Promise.all(beats);
    expect(held.job.progress.message).toBe("1");
  });

  it("reports after the sign of life that is under way, so that no late answer undoes what was reported", async () => {
    const store = slowStore();
    const held = new HeldJob(store, JOB, OPTIONS);
    const beat = held.beat("round 1");
    const reports = ["density", "theme"].map((unit) => held.report({ type: "trained", unit, sha256: unit, total: 2 }));
    await settle();
    expect(store.answers).toHaveLength(1);
    for (let sent = 0; sent < 3; sent++) {
      store.answers[sent]?.();
      await settle();
    }
    await Promise.all([beat, ...reports]);
    expect(held.job.units).toEqual({ density: "density", theme: "theme" });
  });

  it("fails with the first report after its deadline, and its worker stops", async () => {
    const store = slowStore();
    const held = new HeldJob(store, JOB, { ...OPTIONS, clock: () => NOW + 12 * 3_600_000 });
    const beat = held.beat("round 7");
    await settle();
    store.answers[0]?.();
    await expect(beat).rejects.toBeInstanceOf(LostJobError);
    expect(held.job).toMatchObject({ stage: "failed", lease: null });
    expect(held.job.result).toBe("not over 12 h after it was opened, last while training: ");
  });
});

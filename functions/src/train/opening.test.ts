import { describe, expect, it } from "vitest";
import { decideOpening, type OpenJob, originOf, type WantedJob } from "./opening.ts";

const FULL: OpenJob = { id: "full.2026-11", kind: "full", stage: "training" };
const INCREMENTAL: OpenJob = { id: "incremental.2026-W45", kind: "incremental", stage: "evaluating" };
const REVIEW = { id: "review.2026-Q4", kind: "review", stage: "training", waits_for: null } as const;
const WAITING: OpenJob = { id: "full.2026-11", kind: "full", stage: "queued", waits_for: INCREMENTAL.id };
const SPOILT: OpenJob = { id: "admin.spoilt", unreadable: true };

const trigger: WantedJob = { kind: "full", origin: "trigger" };
const weekly: WantedJob = { kind: "incremental", origin: "schedule" };
const monthly: WantedJob = { kind: "full", origin: "schedule" };
const adminFull: WantedJob = { kind: "full", origin: "admin" };
const adminIncremental: WantedJob = { kind: "incremental", origin: "admin" };

interface Case {
  name: string;
  wanted: WantedJob;
  open: OpenJob[];
  action: ReturnType<typeof decideOpening>["action"];
  job: string | null;
  reason: string;
}

describe("a wish for a training", () => {
  const cases: Case[] = [
    ...[trigger, weekly, monthly, adminFull, adminIncremental].map((wanted) => ({
      name: `of a(n) ${wanted.origin} (${wanted.kind}) opens while nothing is open`,
      wanted,
      open: [],
      action: "open" as const,
      job: null,
      reason: "no other job is open",
    })),
    {
      name: "of a trigger folds into a full one",
      wanted: trigger,
      open: [FULL],
      action: "fold",
      job: FULL.id,
      reason: "full.2026-11 is training and answers it",
    },
    {
      name: "of a trigger folds into an incremental one",
      wanted: trigger,
      open: [INCREMENTAL],
      action: "fold",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 is evaluating and answers it",
    },
    {
      name: "of a trigger folds into the full one that waits, rather than the incremental one that runs",
      wanted: trigger,
      open: [INCREMENTAL, WAITING],
      action: "fold",
      job: WAITING.id,
      reason: "full.2026-11 waits for incremental.2026-W45 and answers it",
    },
    {
      name: "of the weekly schedule is skipped while a full one is open",
      wanted: weekly,
      open: [FULL],
      action: "skip",
      job: FULL.id,
      reason: "full.2026-11 is training and covers it",
    },
    {
      name: "of the weekly schedule is skipped while another incremental one is open",
      wanted: weekly,
      open: [INCREMENTAL],
      action: "skip",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 is evaluating and takes what came before: what comes after is the next one's",
    },
    {
      name: "of the monthly schedule is skipped while a full one is open",
      wanted: monthly,
      open: [FULL],
      action: "skip",
      job: FULL.id,
      reason: "full.2026-11 is training and covers it",
    },
    {
      name: "of the quarterly schedule for a review waits behind the last that waits: it is not lost",
      wanted: { kind: "review", origin: "schedule" },
      open: [INCREMENTAL, WAITING],
      action: "wait",
      job: WAITING.id,
      reason: "full.2026-11 waits for incremental.2026-W45: it begins when that is over",
    },
    {
      name: "of the monthly schedule waits behind the review that waits: no two begin at once",
      wanted: monthly,
      open: [INCREMENTAL, { ...REVIEW, stage: "queued", waits_for: INCREMENTAL.id }],
      action: "wait",
      job: REVIEW.id,
      reason: "review.2026-Q4 waits for incremental.2026-W45: it begins when that is over",
    },
    {
      name: "of a trigger is answered by a training, and never by a review",
      wanted: { kind: "full", origin: "trigger" },
      open: [REVIEW, { ...INCREMENTAL, stage: "queued", waits_for: REVIEW.id }],
      action: "fold",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 waits for review.2026-Q4 and answers it",
    },
    {
      name: "of a trigger waits for the end of a review: that answers nobody",
      wanted: { kind: "full", origin: "trigger" },
      open: [REVIEW],
      action: "wait",
      job: REVIEW.id,
      reason: "review.2026-Q4 is training: it begins when that is over",
    },
    {
      name: "for a second review is skipped",
      wanted: { kind: "review", origin: "schedule" },
      open: [REVIEW],
      action: "skip",
      job: REVIEW.id,
      reason: "review.2026-Q4 is training and is a review, too",
    },
    {
      name: "of the monthly schedule waits for an incremental one",
      wanted: monthly,
      open: [INCREMENTAL],
      action: "wait",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 is evaluating: it begins when that is over",
    },
    {
      name: "of the monthly schedule is skipped while a full one waits: at most one does",
      wanted: monthly,
      open: [INCREMENTAL, WAITING],
      action: "skip",
      job: WAITING.id,
      reason: "full.2026-11 waits for incremental.2026-W45 and covers it",
    },
    {
      name: "of an admin for a full one waits for an incremental one",
      wanted: adminFull,
      open: [INCREMENTAL],
      action: "wait",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 is evaluating: it begins when that is over",
    },
    {
      name: "of an admin for a full one is refused while a full one is open",
      wanted: adminFull,
      open: [FULL],
      action: "refuse",
      job: FULL.id,
      reason: "full.2026-11 is training: wait for its end",
    },
    {
      name: "of an admin for a full one is refused while a full one waits",
      wanted: adminFull,
      open: [WAITING, INCREMENTAL],
      action: "refuse",
      job: WAITING.id,
      reason: "full.2026-11 waits for incremental.2026-W45: wait for its end",
    },
    {
      name: "of an admin for an incremental one is refused while anything is open",
      wanted: adminIncremental,
      open: [INCREMENTAL],
      action: "refuse",
      job: INCREMENTAL.id,
      reason: "incremental.2026-W45 is evaluating: wait for its end",
    },
    ...[trigger, adminFull, weekly].map((wanted) => ({
      name: `of a(n) ${wanted.origin} goes nowhere while a spoilt document counts as open`,
      wanted,
      open: [INCREMENTAL, SPOILT],
      action: wanted === weekly ? ("skip" as const) : ("refuse" as const),
      job: SPOILT.id,
      reason: "admin.spoilt counts as open, and its document cannot be read: mend or delete it",
    })),
  ];
  it.each(cases)("$name", ({ wanted, open, action, job, reason }) => {
    expect(decideOpening(wanted, open)).toEqual({ action, job, reason });
  });
});

describe("who wants a job", () => {
  it.each([
    { name: "a decision", job: { evaluation: "2026-09-28T05Z", requested_by: "system" }, origin: "trigger" },
    { name: "a schedule", job: { evaluation: null, requested_by: "system" }, origin: "schedule" },
    { name: "an admin", job: { evaluation: null, requested_by: "uid" }, origin: "admin" },
  ])("is $name", ({ job, origin }) => {
    expect(originOf(job)).toBe(origin);
  });
});

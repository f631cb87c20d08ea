import { resolve } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { foldDueLogs } from "../functions/src/collect/fold-due-logs.ts";
import { type IngestAnswer, ingestLogs } from "../functions/src/collect/ingest-logs.ts";
import { IngestStore } from "../functions/src/collect/ingest-store.ts";
import { IngestWindow, type LogBody, Window } from "../functions/src/collect/schema.ts";
import { estimate } from "../functions/src/collect/sketch.ts";
import { mergeWindows } from "../functions/src/collect/window.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { CounterBuffer } from "../functions/src/shared/flush.ts";
import { withoutBackgroundTriggers } from "./background-triggers.ts";
import { demoKeys, ownVersion, signedLog } from "./signed-log.ts";

const LINES = 2000;
const BODY = 1000;
const HOUR_MS = 3_600_000;
const db = database();

withoutBackgroundTriggers();
beforeAll(() => process.loadEnvFile(resolve(import.meta.dirname, "../functions/.env.local")));

/** A way in which a log can be broken, with what must be said of it: `code path`, in order. */
interface Damage {
  name: string;
  /** The line that is sent; `before` is the good log of the line before. */
  spoil: (log: LogBody, before: LogBody) => string;
  verdict: "rejected" | "quarantined";
  issues: string[];
  /** Names under which counters know the fields. */
  fields: string[];
}

/** The line of a log with something else in some places. */
const line = (log: LogBody, differences: Record<string, unknown> = {}) => JSON.stringify({ ...log, ...differences });
const forged = (receipt: string) => receipt.replace(/^./, (first) => (first === "A" ? "B" : "A"));

const DAMAGES: Damage[] = [
  {
    name: "no consent at all",
    spoil: (log) => line(log, { consent: undefined }),
    verdict: "rejected",
    issues: ["no_consent consent"],
    fields: ["consent"],
  },
  {
    name: "consent refused",
    spoil: (log) => line(log, { consent: { ...log.consent, granted: false } }),
    verdict: "rejected",
    issues: ["no_consent consent.granted"],
    fields: ["consent"],
  },
  {
    name: "no receipt",
    spoil: (log) => line(log, { receipt: undefined }),
    verdict: "rejected",
    issues: ["receipt_missing receipt"],
    fields: ["receipt"],
  },
  {
    name: "a forged receipt",
    spoil: (log) => line(log, { receipt: forged(log.receipt) }),
    verdict: "rejected",
    issues: ["receipt_forged receipt"],
    fields: ["receipt"],
  },
  {
    name: "an expired receipt",
    spoil: () => line(signedLog({ issuedMs: Date.now() - 49 * HOUR_MS })),
    verdict: "rejected",
    issues: ["receipt_expired receipt"],
    fields: ["receipt"],
  },
  {
    name: "another version, and another visit's id",
    spoil: (log, before) => line(log, { model_version: ownVersion(), prediction_id: before.prediction_id }),
    verdict: "rejected",
    issues: ["receipt_mismatch prediction_id", "receipt_mismatch model_version"],
    fields: ["prediction_id", "model_version"],
  },
  {
    name: "another device",
    spoil: (log) => line(log, { user_context: { ...log.user_context, viewport_width: 400 } }),
    verdict: "rejected",
    issues: ["receipt_mismatch user_context"],
    fields: ["user_context"],
  },
  {
    name: "an unknown class",
    spoil: (log) => line(log, { predicted_css_classes: ["densidad-extrema", "fuente-sans", "tema-claro"] }),
    verdict: "rejected",
    issues: ["receipt_mismatch predicted_css_classes"],
    fields: ["predicted_css_classes"],
  },
  {
    name: "a line that breaks off",
    spoil: (log) => line(log).slice(0, -30),
    verdict: "rejected",
    issues: ["unparsable "],
    fields: ["log"],
  },
  {
    name: "NaN, which is not JSON",
    spoil: (log) => line(log).replace('"scroll_depth":0.5', '"scroll_depth":NaN'),
    verdict: "rejected",
    issues: ["unparsable "],
    fields: ["log"],
  },
  {
    name: "more than 16 KiB",
    spoil: (log) => line(log, { actual_device_info: { gpu: "x".repeat(16 * 1024) } }),
    verdict: "rejected",
    issues: ["too_large "],
    fields: ["log"],
  },
  {
    name: "another log with the same seq",
    spoil: (_log, before) => line(before, { scroll_depth: 1 }),
    verdict: "rejected",
    issues: ["conflict seq"],
    fields: ["seq"],
  },
  {
    name: "a field missing",
    spoil: (log) => line(log, { rendering_time: undefined }),
    verdict: "quarantined",
    issues: ["missing_field rendering_time"],
    fields: ["rendering_time"],
  },
  {
    name: "text for a number",
    spoil: (log) => line(log, { session_duration: "30s" }),
    verdict: "quarantined",
    issues: ["wrong_type session_duration"],
    fields: ["session_duration"],
  },
  {
    name: "a share above 1",
    spoil: (log) => line(log, { bounce_rate: 1.5 }),
    verdict: "quarantined",
    issues: ["out_of_range bounce_rate"],
    fields: ["bounce_rate"],
  },
  {
    name: "a wish for an unknown class",
    spoil: (log) => line(log, { ui_preference_feedback: { verdict: "dislike", preferred: { density: "huge" } } }),
    verdict: "quarantined",
    issues: ["invalid_value ui_preference_feedback.preferred.density"],
    fields: ["ui_preference_feedback"],
  },
  {
    name: "half a star, and an endless number",
    spoil: (log) => line(log, { user_satisfaction: 4.5 }).replace('"page_load_time":700', '"page_load_time":1e999'),
    verdict: "quarantined",
    issues: ["wrong_type page_load_time", "wrong_type user_satisfaction"],
    fields: ["page_load_time", "user_satisfaction"],
  },
  {
    name: "a time in words",
    spoil: (log) => line(log, { timestamp: "yesterday" }),
    verdict: "quarantined",
    issues: ["invalid_value timestamp"],
    fields: ["timestamp"],
  },
  {
    name: "a variable that is not ours",
    spoil: (log) => line(log, { predicted_css_variables: { "--evil": "1" } }),
    verdict: "quarantined",
    issues: ["invalid_value predicted_css_variables"],
    fields: ["predicted_css_variables"],
  },
  {
    name: "several faults, one within the context",
    spoil: (log) =>
      line(log, { seq: -1, click_through_rate: null, user_context: { ...log.user_context, touch_enabled: "no" } }),
    verdict: "quarantined",
    issues: ["out_of_range seq", "wrong_type user_context.touch_enabled", "wrong_type click_through_rate"],
    fields: ["seq", "user_context.touch_enabled", "click_through_rate"],
  },
];

function counts(names: readonly string[], each: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names) found[name] = (found[name] ?? 0) + each;
  return found;
}

it(`counts every damaged log of a dirty stream with its reasons, ${DAMAGES.length} kinds, and every good one in the windows`, async () => {
  const version = ownVersion();
  const logs = Array.from({ length: LINES }, () =>
    signedLog({ assigned_version: version, event_at: "2011-06-07T08:09:10.000Z" }),
  );
  // Every fifth is damaged, by each kind in turn: 1 % each of twenty.
  const damageOf = (i: number) => (i % 5 === 4 ? DAMAGES[Math.floor(i / 5) % DAMAGES.length] : undefined);
  const lines = logs.map((log, i) => damageOf(i)?.spoil(log, logs[i - 1] ?? log) ?? line(log));
  const good = logs.filter((_, i) => damageOf(i) === undefined);

  const store = new IngestStore(db);
  const names = new Set<string>();
  const counters = new CounterBuffer<IngestWindow>(async (windows) => {
    for (const name of windows.keys()) names.add(name);
    await store.writeWindows(windows);
  });
  const policy = Lifecycle.parse({}).collect;
  const tools = { store, counters, policy, receiptKeys: demoKeys(), pseudonymKey: "of no importance" };
  const refusals = new Map<number, string>();
  let accepted = 0;
  for (let from = 0; from < LINES; from += BODY) {
    const body = Buffer.from(lines.slice(from, from + BODY).join("\n"));
    const { status, body: answered } = await ingestLogs(body, "application/x-ndjson", { ...tools, nowMs: Date.now() });
    expect(status).toBe(200);
    const answer = answered as IngestAnswer;
    expect(answer.duplicates).toBe(0);
    accepted += answer.accepted;
    for (const verdict of ["rejected", "quarantined"] as const) {
      for (const { index, issues } of answer[verdict]) {
        refusals.set(from + index, `${verdict}: ${issues.map(({ code, path }) => `${code} ${path}`).join(", ")}`);
      }
    }
  }
  const expected = logs.flatMap((_, i) => {
    const damage = damageOf(i);
    return damage === undefined ? [] : [[i, `${damage.verdict}: ${damage.issues.join(", ")}`] as const];
  });
  expect(Object.fromEntries(refusals)).toEqual(Object.fromEntries(expected));
  expect(accepted).toBe(good.length);

  await counters.flush();
  const written = await db.getAll(...[...names].map((name) => db.doc(`ingest_windows/${name}`)));
  const windows = written.map((doc) => IngestWindow.parse(doc.data()));
  const sum = (of: (window: IngestWindow) => number) => windows.reduce((all, window) => all + of(window), 0);
  const perKind = LINES / 5 / DAMAGES.length;
  const kinds = (verdict: Damage["verdict"]) => DAMAGES.filter((damage) => damage.verdict === verdict).length * perKind;
  expect(sum((window) => window.accepted)).toBe(good.length);
  expect(sum((window) => window.rejected)).toBe(kinds("rejected"));
  expect(sum((window) => window.quarantined)).toBe(kinds("quarantined"));
  const byName = (of: (window: IngestWindow) => Record<string, number | undefined>) => {
    const all: Record<string, number> = {};
    for (const window of windows)
      for (const [name, n] of Object.entries(of(window))) all[name] = (all[name] ?? 0) + (n ?? 0);
    return all;
  };
  const codes = DAMAGES.flatMap(({ issues }) => issues.map((issue) => issue.split(" ")[0] ?? ""));
  expect(byName(({ issues }) => issues)).toEqual(counts(codes, perKind));
  expect(byName(({ fields }) => fields)).toEqual(
    counts(
      DAMAGES.flatMap(({ fields }) => fields),
      perKind,
    ),
  );

  const folded = async () => {
    await foldDueLogs(db, { holder: "dirty", maxSteps: 50, restMs: 0 });
    const { docs } = await db.collection("windows").where("version", "==", version).get();
    return docs.map((doc) => Window.parse(doc.data()));
  };
  await vi.waitFor(
    async () => {
      const found = await folded();
      expect(
        found
          .map(({ granularity, visits }) => ({ granularity, visits }))
          .sort((a, b) => a.granularity.localeCompare(b.granularity)),
      ).toEqual(["1d", "1h", "5m"].map((granularity) => ({ granularity, visits: good.length })));
      const units = estimate(mergeWindows(found.filter(({ granularity }) => granularity === "1d")).units);
      expect(Math.abs(units / good.length - 1)).toBeLessThan(0.05);
    },
    { timeout: 60_000, interval: 500 },
  );
});

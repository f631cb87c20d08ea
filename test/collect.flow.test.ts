import { beforeAll, describe, expect, it, vi } from "vitest";
import type { IngestWindow, InteractionLog, LogBody } from "../functions/src/collect/schema.ts";
import { openReceipt } from "../functions/src/serve/receipt.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { postBody, postLogs } from "./ingest-client.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { CONTEXT, postPredict } from "./predict-client.ts";
import { demoKeys, signedLog } from "./signed-log.ts";

const JSON_TYPE = "application/json";
const LINES = "application/x-ndjson";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const db = database();

/** A Firestore timestamp, as far as these tests look at it. */
interface Timestamp {
  toMillis(): number;
}

type Stored = InteractionLog & { expire_at: Timestamp };
const stored = async (log: LogBody) =>
  (await db.collection("interaction_logs").doc(log.prediction_id).get()).data() as Stored | undefined;
const quarantined = async (log: LogBody) =>
  (await db.collection("quarantined_logs").doc(log.prediction_id).get()).data() as
    | { fields: Record<string, unknown>; issues: unknown[]; expire_at: Timestamp; received_at: string }
    | undefined;

restorePolicyAfterwards();

beforeAll(async () => {
  // These tests need logs that can be amended: the default maturity, whatever other tests have set.
  await db.doc(LIFECYCLE_PATH).set({ collect: { maturity_minutes: 45 } });
  await vi.waitFor(
    async () => {
      const log = signedLog({ issuedMs: Date.now() });
      await postLogs([log]);
      const found = await stored(log);
      expect(found && Date.parse(found.fold_after) - Date.parse(found.issued_at)).toBe(45 * MINUTE_MS);
    },
    { timeout: 30_000, interval: 500 },
  );
});

describe("one prediction, one log", () => {
  it("counts the same log once, however it comes again", async () => {
    const log = signedLog();
    expect(await postLogs([log])).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await postLogs([log, log])).toMatchObject({ accepted: 0, duplicates: 2 });
    const line = JSON.stringify(Object.fromEntries(Object.entries(log).reverse()));
    expect((await postBody(`${line}\n${line}`, LINES)).body).toMatchObject({ accepted: 0, duplicates: 2 });
    expect((await postBody(line, "text/plain;charset=UTF-8")).body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it("counts it once when many send it at the same time", async () => {
    const log = signedLog();
    const answers = await Promise.all(Array.from({ length: 8 }, () => postLogs([log])));
    expect(answers.map(({ accepted }) => accepted).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("does not let another visitor replay it", async () => {
    const log = signedLog();
    await postLogs([log]);
    const replayed = { ...log, session_id: "other", user_id: "other" };
    const answer = await postLogs([replayed]);
    expect(answer).toMatchObject({ accepted: 0, rejected: [{ index: 0, issues: [{ code: "conflict" }] }] });
    expect((await stored(log))?.session_id).toBe(log.session_id);
    expect((await stored(log))?.subject).toBe((await stored(log))?.unit);
  });

  it("stores the others of a body when a stored log was spoilt by hand, and leaves that one as it is", async () => {
    const [spoilt, good] = [signedLog(), signedLog()];
    await postLogs([spoilt]);
    await db.doc(`interaction_logs/${spoilt.prediction_id}`).update({ seq: "first" });
    expect(await postLogs([{ ...spoilt, seq: 1 }, good])).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, issues: [{ code: "conflict" }] }],
    });
    expect(await stored(good)).toBeDefined();
    expect(await stored(spoilt)).toMatchObject({ seq: "first" });
  });

  it("takes a higher seq until the log is mature, and keeps its place in the queue", async () => {
    const matureMs = Date.now() + 6_000;
    const first = signedLog({ issuedMs: matureMs - 45 * MINUTE_MS });
    const second = { ...first, seq: 1, session_duration: 60_000 };
    expect(await postLogs([second])).toMatchObject({ accepted: 1 });
    const before = await stored(first);
    expect(await postLogs([first])).toMatchObject({ duplicates: 1 });
    expect(await postLogs([{ ...second, session_duration: 1 }])).toMatchObject({ rejected: [{ index: 0 }] });
    expect(await postLogs([{ ...second, seq: 2, session_duration: 90_000 }])).toMatchObject({ accepted: 1 });
    const amended = await stored(first);
    expect(amended).toMatchObject({ seq: 2, session_duration: 90_000, fold_after: before?.fold_after });
    expect(before?.fold_after).toBe(new Date(matureMs).toISOString());

    await expect
      .poll(async () => (await postLogs([{ ...second, seq: Date.now() % 1e6, scroll_depth: 1 }])).duplicates, {
        timeout: 20_000,
        interval: 500,
      })
      .toBe(1);
    expect(Date.now()).toBeGreaterThanOrEqual(matureMs);
    expect((await stored(first))?.seq).toBeLessThan(1e6);
  });
});

describe("a visit", () => {
  it("is logged with what predict answered, under the pseudonym of its visitor", async () => {
    const userContext = { ...CONTEXT, hora_local: new Date(Date.now() - 60 * MINUTE_MS).toISOString() };
    const history = {
      sessions: 2,
      avg_session_duration: 1000.5,
      total_interactions: 9,
      first_visit: "2026-01-01T00:00:00Z",
    };
    const { body: prediction } = await postPredict({ user_context: userContext, history, visitor_id: "visitor" });
    const log: LogBody = {
      ...signedLog(),
      prediction_id: prediction.prediction_id,
      receipt: prediction.receipt,
      model_version: prediction.model_version,
      user_context: userContext,
      history,
      predicted_css_classes: prediction.css_classes as LogBody["predicted_css_classes"],
      predicted_css_variables: prediction.css_variables,
      prediction_confidence: prediction.prediction_confidence,
    };
    expect(await postLogs([{ ...log, history: undefined }])).toMatchObject({
      rejected: [{ index: 0, issues: [{ code: "receipt_mismatch", path: "user_context" }] }],
    });
    expect(await postLogs([log])).toMatchObject({ accepted: 1 });
    const opened = openReceipt(prediction.receipt, demoKeys());
    const receipt = opened.ok ? opened.receipt : undefined;
    expect(await stored(log)).toMatchObject({
      unit: receipt?.unit,
      subject: receipt?.unit,
      event_at: receipt?.event_at,
      arm: prediction.arm,
      propensity: prediction.propensity,
    });
  });
});

describe("trust", () => {
  const forge = (log: LogBody, change: (payload: unknown[]) => void): LogBody => {
    const [payload = "", ...rest] = log.receipt.split(".");
    const fields = JSON.parse(Buffer.from(payload, "base64url").toString()) as unknown[];
    change(fields);
    return { ...log, receipt: [Buffer.from(JSON.stringify(fields)).toString("base64url"), ...rest].join(".") };
  };

  it.each<{ name: string; spoil: (log: LogBody) => Record<string, unknown>; code: string }>([
    {
      name: "no consent",
      spoil: (log) => ({ ...log, consent: { ...log.consent, granted: false } }),
      code: "no_consent",
    },
    { name: "no receipt", spoil: (log) => ({ ...log, receipt: undefined }), code: "receipt_missing" },
    {
      name: "a forged receipt",
      spoil: (log) => forge(log, (fields) => fields.splice(4, 1, "me")),
      code: "receipt_forged",
    },
    { name: "a receipt of junk", spoil: (log) => ({ ...log, receipt: "a.b.c" }), code: "receipt_forged" },
    { name: "a receipt that is a number", spoil: (log) => ({ ...log, receipt: 7 }), code: "receipt_forged" },
    {
      name: "another version's name",
      spoil: (log) => ({ ...log, model_version: "v_20260101T000000Z_000000000000" }),
      code: "receipt_mismatch",
    },
    {
      name: "another log's id",
      spoil: (log) => ({ ...log, prediction_id: "BBBBBBBBBBBBBBBBBBBBBB" }),
      code: "receipt_mismatch",
    },
    {
      name: "changed features",
      spoil: (log) => ({ ...log, user_context: { ...log.user_context, viewport_width: 400 } }),
      code: "receipt_mismatch",
    },
    {
      name: "other classes",
      spoil: (log) => ({ ...log, predicted_css_classes: ["densidad-alta", "fuente-sans", "tema-claro"] }),
      code: "receipt_mismatch",
    },
  ])("stores nothing of a log with $name", async ({ spoil, code }) => {
    const log = signedLog();
    expect(await postLogs([spoil(log)])).toMatchObject({ accepted: 0, rejected: [{ index: 0, issues: [{ code }] }] });
    expect(await stored(log)).toBeUndefined();
    expect(await quarantined(log)).toBeUndefined();
  });

  it("takes a receipt for 48 hours", async () => {
    const hours48 = 48 * 60 * MINUTE_MS;
    const answer = await postLogs([
      signedLog({ issuedMs: Date.now() - hours48 + 30_000 }),
      signedLog({ issuedMs: Date.now() - hours48 - 1_000 }),
    ]);
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 1, issues: [{ code: "receipt_expired" }] }] });
  });

  it("stores what the receipt says, and of the visitor only what may be kept", async () => {
    const log = signedLog(
      { event_at: "2026-02-03T04:05:06.000Z", arm: "treatment", routing_revision: 9, propensity: 0.98 },
      { user_id: "me@example.org" },
    );
    const sent = {
      ...log,
      arm: "holdback",
      secret: "do not keep",
      user_context: { ...log.user_context, page_path: "/p?token=secret", referer: "https://a.example/x?q=secret" },
    };
    expect(await postLogs([sent])).toMatchObject({ accepted: 1 });
    const kept = await stored(log);
    expect(kept).toMatchObject({
      timestamp: "2026-02-03T04:05:06.000Z",
      event_at: "2026-02-03T04:05:06.000Z",
      arm: "treatment",
      routing_revision: 9,
      propensity: 0.98,
      shard: 0,
      source: "live",
    });
    expect(kept?.user_context).toMatchObject({
      page_path: "/p",
      referer: "https://a.example",
      user_agent: { family: "Firefox", version: "143.0" },
    });
    expect(kept?.features.length).toBe(19);
    expect(kept?.subject).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(kept?.subject).not.toBe(kept?.unit);
    expect(JSON.stringify(kept)).not.toMatch(/secret|me@example|Gecko|do not keep/);
    expect(kept?.expire_at.toMillis()).toBe(Date.parse(kept?.received_at ?? "") + 88 * DAY_MS);
  });
});

describe("bad input", () => {
  it("loses only line 500 of a thousand", async () => {
    const logs = Array.from({ length: 1000 }, () => signedLog());
    const lines = logs.map((log) => JSON.stringify(log));
    lines[499] = `${lines[499]?.slice(0, -40)}NaN}`;
    const { status, body } = await postBody(lines.join("\n"), LINES);
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 999, duplicates: 0, quarantined: [] });
    expect(body.rejected).toMatchObject([{ index: 499, issues: [{ code: "unparsable" }] }]);
    const again = await postBody(lines.join("\n"), LINES);
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 999 });
  });

  it("keeps a broken log in quarantine, names field and rule, and goes on with the rest", async () => {
    const [good, bad] = [signedLog(), signedLog({}, { user_id: "me@example.org" })];
    const broken = {
      ...bad,
      bounce_rate: 1.5,
      seq: "0",
      secret: 1,
      ui_preference_feedback: { text: "x".repeat(2000) },
    };
    const answer = await postLogs([broken, good]);
    expect(answer).toMatchObject({ accepted: 1, rejected: [] });
    expect(answer.quarantined[0]?.issues.map(({ code, path }) => `${path} ${code}`)).toEqual([
      "seq wrong_type",
      "bounce_rate out_of_range",
      "ui_preference_feedback.verdict missing_field",
      "ui_preference_feedback.text out_of_range",
    ]);
    const kept = await quarantined(bad);
    expect(kept?.issues).toEqual(answer.quarantined[0]?.issues);
    expect(kept?.fields["ui_preference_feedback"]).toEqual({ text: "x".repeat(200) });
    expect(JSON.stringify(kept)).not.toMatch(/secret|me@example|Gecko|"receipt"/);
    expect(kept?.expire_at.toMillis()).toBe(Date.parse(kept?.received_at ?? "") + 14 * DAY_MS);
    expect(await stored(bad)).toBeUndefined();
  });

  it("stores what JSON allows and a database does not like", async () => {
    const log = signedLog({}, { ui_preference_feedback: { verdict: "like", text: "\uD800 half a pair \u0000" } });
    const hostile = JSON.stringify({ ...log, actual_device_info: { gpu: "\uDC00" } }).replace(
      '"gpu"',
      '"__proto__":{"polluted":true},"gpu"',
    );
    const bad = signedLog({}, { actual_device_info: { __name__: 1 } });
    const nested = { ...signedLog(), network_conditions: [[[1], [2]], { __x__: [[]] }], history: { "": [[]] } };
    const answer = await postBody(`[${hostile},${JSON.stringify(bad)},${JSON.stringify(nested)}]`, JSON_TYPE);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ accepted: 1, quarantined: [{ index: 1 }, { index: 2 }] });
    expect((await stored(log))?.actual_device_info).toEqual({ gpu: "\uFFFD" });
  });

  it.each([
    { name: "nothing", body: "", type: JSON_TYPE, status: 400 },
    { name: "an empty array", body: "[]", type: JSON_TYPE, status: 400 },
    { name: "a word", body: "hello", type: "text/plain", status: 400 },
    { name: "broken lines only", body: "{\n{", type: LINES, status: 400 },
    { name: "a form", body: "a=1", type: "application/x-www-form-urlencoded", status: 415 },
    { name: "1001 logs", body: `[${Array.from({ length: 1001 }, () => "{}").join()}]`, type: JSON_TYPE, status: 413 },
    { name: "8 MiB and a byte", body: " ".repeat(8 * 1024 * 1024 + 1), type: LINES, status: 413 },
  ])("answers $name with $status and says why", async ({ body, type, status }) => {
    const answer = await postBody(body, type);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ status });
    expect(answer.body.error?.message).not.toBe("");
  });

  it("answers broken JSON with 400", async () => {
    // The functions framework parses bodies of this type before the function is called, and refuses them itself.
    expect((await postBody('{"a":', JSON_TYPE)).status).toBe(400);
  });

  it("answers other methods with 405, and a browser's preflight", async () => {
    const url = `${process.env["PERENNIAL_FUNCTIONS_URL"]}/ingest`;
    const got = await fetch(url);
    expect(got.status).toBe(405);
    expect(got.headers.get("allow")).toBe("POST");
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: { origin: "https://site.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBeTruthy();
  });
});

describe("counting", () => {
  async function total(): Promise<IngestWindow> {
    const { docs } = await db.collection("ingest_windows").get();
    const sum: Record<string, unknown> = {};
    for (const doc of docs) add(sum, doc.data());
    return { issues: {}, unanswered: {}, fields: {}, ...sum } as IngestWindow;
  }
  function add(sum: Record<string, unknown>, more: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(more)) {
      if (typeof value === "number") sum[key] = ((sum[key] as number | undefined) ?? 0) + value;
      else if (typeof value === "object" && value !== null) {
        const inner = (sum[key] ?? {}) as Record<string, unknown>;
        add(inner, value as Record<string, unknown>);
        sum[key] = inner;
      }
    }
  }

  it("counts every outcome and reason, also of predictions without an answer", async () => {
    // Six hundred changes make an instance write its counters, and eight requests at once reach every instance that any
    // test here has called: before, so that the difference is this test's own, and after, so that it is seen.
    const noise = async () => {
      await Promise.all(Array.from({ length: 8 }, () => postBody(`{}\n${"x\n".repeat(600)}`, LINES)));
    };
    await noise();
    const before = await total();
    const log = signedLog();
    await postLogs([
      log,
      log,
      { ...log, session_duration: 1 },
      { ...signedLog(), seq: -1 },
      { ...signedLog(), receipt: undefined, predict_outcome: "timeout" },
      { ...signedLog(), receipt: undefined, predict_outcome: "error" },
    ]);
    await postLogs([{ ...log, seq: 1 }]);
    const difference = async () => {
      await noise();
      const after = await total();
      return {
        accepted: after.accepted - before.accepted,
        duplicates: after.duplicates - before.duplicates,
        late: after.late_amendment - before.late_amendment,
        quarantined: after.quarantined - before.quarantined,
        timeout: (after.unanswered["timeout"] ?? 0) - (before.unanswered["timeout"] ?? 0),
        error: (after.unanswered["error"] ?? 0) - (before.unanswered["error"] ?? 0),
        conflict: (after.issues.conflict ?? 0) - (before.issues.conflict ?? 0),
        outOfRange: (after.issues.out_of_range ?? 0) - (before.issues.out_of_range ?? 0),
      };
    };
    await expect.poll(difference, { timeout: 60_000, interval: 1000 }).toEqual({
      accepted: 1,
      duplicates: 2,
      late: 1,
      quarantined: 1,
      timeout: 1,
      error: 1,
      conflict: 1,
      outOfRange: 1,
    });
  });
});

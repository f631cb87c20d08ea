import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { neutralVariables } from "../design/rules.ts";
import type { VersionModel } from "../model/bundle.ts";
import { CounterBuffer } from "../shared/flush.ts";
import { ModelCache } from "./model-cache.ts";
import { Predictor } from "./predictor.ts";
import { openReceipt, parseKeys } from "./receipt.ts";
import { RoutingCache } from "./routing-cache.ts";
import { FIRST_ROUTING, type PredictRequest, type Routing } from "./schema.ts";
import type { OpenServingWindow } from "./serving-window.ts";

const A = "v_20260901T000000Z_aaaaaaaaaaaa";
const NOW = Date.parse("2026-09-28T12:00:00Z");
const receiptKeys = parseKeys(`test:${"k".repeat(32)}`);

const request: PredictRequest = {
  user_context: {
    hora_local: "2026-09-20T12:00:00Z",
    prefers_color_scheme: "light",
    viewport_width: 1280,
    viewport_height: 720,
    touch_enabled: false,
    device_pixel_ratio: 2,
    user_agent: "test",
    session_id: "s1",
    page_path: "/",
  },
};

const model: VersionModel = {
  varyingGroups: [],
  predict: () => ({
    classes: { density: 2, font: 0, theme: 0 },
    variables: neutralVariables(),
    confidence: { density: 1, font: 1, theme: 1 },
  }),
};

/** An instance over a routing that can change, and counters that can be slow or fail. */
function instance({ virtualTime = false, writeMs = 0, load = async () => model } = {}) {
  const routing: Routing = { ...FIRST_ROUTING, stable: A, holdback_share: 0 };
  const stored = { routing, lookMs: 0, writeFails: false };
  const written = new Map<string, OpenServingWindow>();
  const counters = new CounterBuffer<OpenServingWindow>(async (windows) => {
    if (writeMs > 0) await new Promise((resolve) => setTimeout(resolve, writeMs));
    if (stored.writeFails) throw new Error("unavailable");
    for (const [name, window] of windows) written.set(name, structuredClone(window));
  });
  const predictor = new Predictor({
    routing: new RoutingCache({
      look: async () => {
        const { routing, lookMs } = stored;
        if (lookMs > 0) await new Promise((resolve) => setTimeout(resolve, lookMs));
        return { routing, pending: false };
      },
      freshMs: 15_000,
      onFailure: () => {},
    }),
    models: new ModelCache({ load, onFailure: () => {} }),
    counters,
    receiptKeys,
    pseudonymKey: "pseudonyms",
    virtualTime,
  });
  let n = 0;
  const predict = (change: Partial<PredictRequest> = {}) => {
    const startMs = Date.now();
    return predictor.predict(
      { ...request, ...change },
      { nowMs: startMs, predictionId: String(n++).padStart(22, "A"), elapsedMs: () => Date.now() - startMs },
    );
  };
  return { stored, written, counters, predict };
}

/** What a receipt swears to. */
function sworn(text: string) {
  const opened = openReceipt(text, receiptKeys);
  if (!opened.ok) throw new Error(opened.code);
  return opened.receipt;
}

describe("an instance of predict", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("knows a visitor by the visitor id, else by the session", async () => {
    const { predict } = instance();
    const units = [];
    for (const visitor_id of ["s1", "v1", undefined]) {
      units.push(sworn((await predict(visitor_id === undefined ? {} : { visitor_id })).receipt).unit);
    }
    expect(units[0]).toBe(units[2]);
    expect(units[0]).not.toBe(units[1]);
    expect(units.join()).not.toContain("s1");
  });

  it("answers by one routing even if another arrives meanwhile", async () => {
    const { stored, predict } = instance();
    await predict();
    stored.routing = { ...stored.routing, revision: 1, stable: "rules" };
    stored.lookMs = 100;
    vi.setSystemTime(NOW + 15_000);
    const answered = predict();
    await vi.advanceTimersByTimeAsync(100);
    const during = await answered;
    const after = await predict();
    expect([during, after].map((answer) => answer.model_version)).toEqual([A, "rules"]);
    expect([during, after].map((answer) => sworn(answer.receipt).routing_revision)).toEqual([0, 1]);
  });

  it("lets go of models that cannot answer, and loads them again after a rest", async () => {
    const broken: VersionModel = {
      varyingGroups: [],
      predict: () => {
        throw new Error("broken");
      },
    };
    const loads = [broken, model];
    const { predict } = instance({ load: async () => loads.shift() ?? model });
    expect((await predict()).model_version).toBe("rules");
    vi.setSystemTime(NOW + 29_999);
    expect((await predict()).model_version).toBe("rules");
    vi.setSystemTime(NOW + 30_000);
    expect((await predict()).model_version).toBe(A);
  });

  it.each([
    { name: "server time", virtualTime: false, at: "2026-09-28T12:00:00.000Z", start: "2026-09-28T12:00Z" },
    { name: "virtual time", virtualTime: true, at: "2026-09-20T12:00:00.000Z", start: "2026-09-20T12:00Z" },
  ])("issues in server time and counts by event time: $name", async ({ virtualTime, at, start }) => {
    const { written, counters, predict } = instance({ virtualTime });
    expect(sworn((await predict()).receipt)).toMatchObject({ issued_at: "2026-09-28T12:00:00.000Z", event_at: at });
    await counters.flush();
    expect([...written.keys()]).toEqual([expect.stringMatching(new RegExp(`^${start}\\.${A}\\.stable\\.`))]);
  });

  it("writes its figures within the 501st request, and waits at most 300 ms for it", async () => {
    const { written, predict } = instance({ writeMs: 100 });
    for (let i = 0; i < 500; i++) await predict();
    expect(written.size).toBe(0);
    const answered = predict();
    await vi.advanceTimersByTimeAsync(100);
    expect((await answered).processing_time_ms).toBe(100);
    expect([...written.values()][0]?.predictions).toBe(500);
  });

  it("answers, and loses no count, while its figures cannot be written", async () => {
    const { stored, written, predict } = instance({ writeMs: 5000 });
    stored.writeFails = true;
    await predict();
    vi.setSystemTime(NOW + 30_000);
    const answered = predict();
    await vi.advanceTimersByTimeAsync(300);
    expect(await answered).toMatchObject({ model_version: A, processing_time_ms: 300 });
    await vi.advanceTimersByTimeAsync(5000);
    stored.writeFails = false;
    vi.setSystemTime(NOW + 70_000);
    const later = predict();
    await vi.advanceTimersByTimeAsync(5000);
    await later;
    expect([...written.values()].reduce((sum, window) => sum + window.predictions, 0)).toBe(3);
  });
});

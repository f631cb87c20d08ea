import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { VersionModel } from "../model/bundle.ts";
import { ModelCache, routedVersions } from "./model-cache.ts";
import { FIRST_ROUTING, type ServedVersion } from "./schema.ts";

const A = "v_20260901T000000Z_aaaaaaaaaaaa";
const B = "v_20260801T000000Z_bbbbbbbbbbbb";
const C = "v_20260701T000000Z_cccccccccccc";

/** A registry whose loads can be slow or fail. */
function registry() {
  const state = { delayMs: 10, down: false, loads: [] as ServedVersion[], failures: [] as ServedVersion[] };
  const cache = new ModelCache({
    load: async (version) => {
      state.loads.push(version);
      const { delayMs, down } = state;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (down) throw new Error("unavailable");
      return { varyingGroups: [], predict: () => ({}) } as unknown as VersionModel;
    },
    onFailure: (version) => {
      state.failures.push(version);
    },
  });
  /** One request of a version: whether it finds its models, and how long it waited. */
  const request = async (version: ServedVersion, routed: ServedVersion[] = [version]) => {
    const startMs = Date.now();
    cache.keep(new Set(routed), startMs);
    let waitedMs = -1;
    void cache.ready(version, startMs).then(() => {
      waitedMs = Date.now() - startMs;
    });
    for (let i = 0; waitedMs < 0; i++) await vi.advanceTimersByTimeAsync(i === 0 ? 0 : 10);
    return { found: cache.find(version) !== undefined, waitedMs };
  };
  return { state, cache, request };
}

it("needs the models of stable, candidate and previous good, and none for the rules", () => {
  const canary = { deployment: "d", version: A, share: 0.05, salt: "s" };
  expect([...routedVersions({ ...FIRST_ROUTING, canary })]).toEqual([A]);
  expect([...routedVersions({ ...FIRST_ROUTING, stable: B, previous_good: C, canary })].sort()).toEqual([C, B, A]);
});

it("needs those of a candidate in the shadow, before anybody is answered by it, and of an experiment's arms", () => {
  const arms = [A, B, "rules" as const].map((version, i) => ({
    name: `a${i}`,
    version,
    from: i / 10,
    to: (i + 1) / 10,
  }));
  const experiment = { id: "e", salt: "s", arms };
  const shadow = { deployment: "d", version: C };
  expect([...routedVersions({ ...FIRST_ROUTING, shadow, experiment })]).toEqual([C, A, B]);
});

describe("models in memory", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("are waited for once, and loaded once for all requests", async () => {
    const { state, request } = registry();
    expect(await request(A)).toEqual({ found: true, waitedMs: 10 });
    for (let i = 0; i < 50; i++) expect(await request(A)).toEqual({ found: true, waitedMs: 0 });
    expect(state.loads).toEqual([A]);
  });

  it("do not make a request of another version wait", async () => {
    const { state, request } = registry();
    await request(A);
    state.delayMs = 5000;
    expect(await request(A, [A, B])).toEqual({ found: true, waitedMs: 0 });
    expect(await request("rules", [A, B])).toEqual({ found: false, waitedMs: 0 });
  });

  it("are waited for 1.5 s at most, and go on loading", async () => {
    const { state, request } = registry();
    state.delayMs = 4000;
    expect(await request(A)).toEqual({ found: false, waitedMs: 1500 });
    expect(await request(A)).toEqual({ found: false, waitedMs: 0 });
    await vi.advanceTimersByTimeAsync(4000);
    expect(await request(A)).toEqual({ found: true, waitedMs: 0 });
    expect(state.loads).toEqual([A]);
  });

  it("are tried again 30 s after a failed load, and not before", async () => {
    const { state, request } = registry();
    state.down = true;
    expect(await request(A)).toEqual({ found: false, waitedMs: 10 });
    state.down = false;
    await vi.advanceTimersByTimeAsync(29_980);
    expect(await request(A)).toEqual({ found: false, waitedMs: 0 });
    expect(state.loads).toEqual([A]);
    await vi.advanceTimersByTimeAsync(10);
    expect(await request(A)).toEqual({ found: true, waitedMs: 10 });
    expect(state.failures).toEqual([A]);
  });

  it("are let go when routing no longer names them, even those on their way", async () => {
    const { state, cache, request } = registry();
    await request(A);
    state.delayMs = 100;
    cache.keep(new Set([A, B]), Date.now());
    await request(C, [C]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([A, B, C].map((version) => cache.find(version) !== undefined)).toEqual([false, false, true]);
  });

  it("that cannot answer are dropped, told of once, and loaded again after a rest", async () => {
    const { state, cache, request } = registry();
    await request(A);
    cache.drop(A, new Error("broken"), Date.now());
    cache.drop(A, new Error("broken"), Date.now());
    expect(await request(A)).toEqual({ found: false, waitedMs: 0 });
    expect(state.failures).toEqual([A]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await request(A)).toEqual({ found: true, waitedMs: 10 });
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoutingCache, type RoutingLook } from "./routing-cache.ts";
import { FIRST_ROUTING } from "./schema.ts";

const FRESH_MS = 15_000;

/** A stored routing whose reads can be slow, fail, or find somebody's edit. */
function stored() {
  const state = { revision: 1, pending: false, delayMs: 10, down: false, reads: 0, failures: 0 };
  const look = async (): Promise<RoutingLook> => {
    state.reads++;
    const { revision, pending, delayMs, down } = state;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (down) throw new Error("unavailable");
    return { routing: { ...FIRST_ROUTING, revision }, pending };
  };
  const cache = new RoutingCache({
    look,
    freshMs: FRESH_MS,
    onFailure: () => {
      state.failures++;
    },
  });
  /** One request: what it answers by, whether that is stale, and how long it waited for it. */
  const request = async () => {
    const startMs = Date.now();
    const work = cache.refresh(startMs);
    const ready = cache.ready(startMs);
    let waitedMs = -1;
    void ready.then(() => {
      waitedMs = Date.now() - startMs;
    });
    for (let i = 0; waitedMs < 0; i++) await vi.advanceTimersByTimeAsync(i === 0 ? 0 : 10);
    const seen = { revision: cache.routing.revision, stale: cache.isStale(startMs), waitedMs };
    return { ...seen, work };
  };
  return { state, cache, request };
}

describe("routing in memory", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits for the first read, and then reads nothing while it is fresh", async () => {
    const { state, request } = stored();
    expect(await request()).toMatchObject({ revision: 1, stale: false, waitedMs: 10 });
    await vi.advanceTimersByTimeAsync(FRESH_MS - 11);
    state.revision = 2;
    for (let i = 0; i < 100; i++) expect(await request()).toMatchObject({ revision: 1, stale: false, waitedMs: 0 });
    expect(state.reads).toBe(1);
  });

  it("refreshes once, beside the answers, when it is no longer fresh", async () => {
    const { state, request } = stored();
    await request();
    state.revision = 2;
    await vi.advanceTimersByTimeAsync(FRESH_MS);
    const first = await request();
    const second = await request();
    expect(first).toMatchObject({ revision: 1, stale: false, waitedMs: 0 });
    expect(first.work).toBeDefined();
    expect(second.work).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10);
    expect(await request()).toMatchObject({ revision: 2, stale: false, waitedMs: 0 });
    expect(state.reads).toBe(2);
  });

  it.each([
    { name: "a quick read", ageMs: 4 * FRESH_MS, delayMs: 200, expected: { revision: 2, stale: false, waitedMs: 200 } },
    {
      name: "a slow read, no longer than 300 ms",
      ageMs: 4 * FRESH_MS,
      delayMs: 900,
      expected: { revision: 1, stale: true, waitedMs: 300 },
    },
    {
      name: "nothing just before that",
      ageMs: 4 * FRESH_MS - 1,
      delayMs: 200,
      expected: { revision: 1, stale: false, waitedMs: 0 },
    },
  ])("when too old, waits for $name", async ({ ageMs, delayMs, expected }) => {
    const { state, request } = stored();
    await request();
    state.revision = 2;
    state.delayMs = delayMs;
    await vi.advanceTimersByTimeAsync(ageMs - 10);
    expect(await request()).toMatchObject(expected);
  });

  it("makes only the first requests wait for a read that hangs, and gives it up after 10 s", async () => {
    const { state, request } = stored();
    await request();
    state.delayMs = 1e9;
    state.revision = 2;
    await vi.advanceTimersByTimeAsync(4 * FRESH_MS);
    expect((await request()).waitedMs).toBe(300);
    expect((await request()).waitedMs).toBe(0);
    state.delayMs = 10;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await request()).toMatchObject({ revision: 2, stale: false, waitedMs: 10 });
  });

  it("does not let a read that was given up, and ends after all, undo a later one", async () => {
    const { state, request } = stored();
    await request();
    state.delayMs = 11_000;
    await vi.advanceTimersByTimeAsync(4 * FRESH_MS);
    await request();
    state.delayMs = 10;
    state.revision = 2;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await request()).toMatchObject({ revision: 2, stale: false });
    await vi.advanceTimersByTimeAsync(2000);
    expect(await request()).toMatchObject({ revision: 2, stale: false });
    expect(state.reads).toBe(3);
  });

  it("answers by the rules, and says it is stale, when an instance's first read takes over 1.5 s", async () => {
    const { state, request } = stored();
    state.delayMs = 5000;
    expect(await request()).toMatchObject({ revision: FIRST_ROUTING.revision, stale: true, waitedMs: 1500 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(await request()).toMatchObject({ revision: 1, stale: false, waitedMs: 0 });
  });

  it("keeps the last good through failing reads, tries once a second, and recovers", async () => {
    const { state, request } = stored();
    await request();
    state.down = true;
    state.revision = 2;
    await vi.advanceTimersByTimeAsync(FRESH_MS);
    await request();
    await vi.advanceTimersByTimeAsync(20);
    expect(state.failures).toBe(1);
    for (let i = 0; i < 50; i++) expect(await request()).toMatchObject({ revision: 1, stale: false });
    expect(state.reads).toBe(2);
    await vi.advanceTimersByTimeAsync(4 * FRESH_MS);
    expect(await request()).toMatchObject({ revision: 1, stale: true });
    state.down = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await request()).toMatchObject({ revision: 2, stale: false });
  });

  it("counts as stale while an edit waits to be judged", async () => {
    const { state, request } = stored();
    state.pending = true;
    expect(await request()).toMatchObject({ revision: 1, stale: true });
  });

  it("keeps the higher revision when a lower one is read, and counts as stale until that has passed", async () => {
    const { state, request } = stored();
    state.revision = 5;
    await request();
    for (const [revision, expected] of [
      [4, { revision: 5, stale: true }],
      [6, { revision: 6, stale: false }],
    ] as const) {
      state.revision = revision;
      await vi.advanceTimersByTimeAsync(FRESH_MS);
      await request();
      await vi.advanceTimersByTimeAsync(10);
      expect(await request()).toMatchObject(expected);
    }
  });
});

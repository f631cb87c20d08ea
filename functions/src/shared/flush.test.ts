import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CounterBuffer } from "./flush.ts";

interface Window {
  n: number;
}

/** A database that keeps copies of what it is given, and can be down. */
function database() {
  const documents = new Map<string, Window>();
  const state = { documents, down: false, writes: 0 };
  const write = async (windows: ReadonlyMap<string, Window>) => {
    state.writes++;
    for (const [name, window] of windows) documents.set(name, structuredClone(window));
    if (state.down) throw new Error("unavailable");
  };
  const sum = () => [...documents.values()].reduce((total, window) => total + window.n, 0);
  return { state, write, sum };
}

const one = (buffer: CounterBuffer<Window>, key = "w") =>
  buffer.count(
    key,
    () => ({ n: 0 }),
    (window) => {
      window.n++;
    },
  );

describe("counter buffer", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { name: "young and few", changes: 499, ms: 29_999, writes: 0 },
    { name: "30 s old", changes: 1, ms: 30_000, writes: 1 },
    { name: "500 changes", changes: 500, ms: 0, writes: 1 },
    { name: "nothing to write", changes: 0, ms: 60_000, writes: 0 },
  ])("writes $writes times when $name", async ({ changes, ms, writes }) => {
    const { state, write } = database();
    const buffer = new CounterBuffer(write);
    for (let i = 0; i < changes; i++) one(buffer);
    vi.setSystemTime(ms);
    await buffer.flushIfDue();
    expect(state.writes).toBe(writes);
  });

  it("writes a window that is to be whole when the next one has begun, and what is left in the end", async () => {
    const { state, write, sum } = database();
    const buffer = new CounterBuffer(write, { whole: true });
    one(buffer, "first");
    vi.setSystemTime(299_000);
    one(buffer, "first");
    await buffer.flushIfDue();
    expect(state.writes).toBe(0);
    vi.setSystemTime(300_000);
    one(buffer, "second");
    await buffer.flushIfDue();
    expect([...state.documents.values()]).toEqual([{ n: 2 }]);
    vi.setSystemTime(400_000);
    one(buffer, "second");
    await buffer.flushIfDue();
    expect(state.writes).toBe(1);
    await buffer.flush();
    expect(sum()).toBe(4);
    expect(state.documents.size).toBe(2);
  });

  it("writes it earlier when it has 500 changes", async () => {
    const { state, write } = database();
    const buffer = new CounterBuffer(write, { whole: true });
    for (let i = 0; i < 500; i++) one(buffer);
    await buffer.flushIfDue();
    expect([...state.documents.values()]).toEqual([{ n: 500 }]);
  });

  it("counts age from the first change, not from the start of an idle instance", async () => {
    const { state, write } = database();
    const buffer = new CounterBuffer(write);
    vi.setSystemTime(100_000);
    await buffer.flushIfDue();
    one(buffer);
    await buffer.flushIfDue();
    expect(state.writes).toBe(0);
  });

  it("loses nothing and counts nothing twice when a write fails, even one that was done and only not confirmed", async () => {
    const { state, write, sum } = database();
    const buffer = new CounterBuffer(write);
    one(buffer);
    state.down = true;
    await buffer.flush();
    one(buffer);
    state.down = false;
    await buffer.flush();
    expect(sum()).toBe(2);
    expect(state.documents.size).toBe(1);
  });

  it("does not try again with every request while the database is down", async () => {
    const { state, write } = database();
    const buffer = new CounterBuffer(write);
    one(buffer);
    state.down = true;
    await buffer.flush();
    vi.setSystemTime(29_999);
    await buffer.flushIfDue();
    expect(state.writes).toBe(1);
    vi.setSystemTime(30_000);
    await buffer.flushIfDue();
    expect(state.writes).toBe(2);
  });

  it("counts what arrives while a write is under way", async () => {
    const { state, sum } = database();
    let confirm: (() => void) | undefined;
    const buffer = new CounterBuffer<Window>(async (windows) => {
      for (const [name, window] of windows) state.documents.set(name, structuredClone(window));
      confirm ??= await new Promise<() => void>((resolve) => {
        confirm = () => resolve(() => {});
      });
    });
    one(buffer);
    const first = buffer.flush();
    await vi.waitFor(() => expect(confirm).toBeDefined());
    one(buffer);
    const second = buffer.flush();
    confirm?.();
    await Promise.all([first, second]);
    expect(sum()).toBe(2);
  });

  it("gives a window that is over and comes back a new document, so that its old total stays", async () => {
    const { state, write, sum } = database();
    const buffer = new CounterBuffer(write);
    one(buffer, "a");
    await buffer.flush();
    one(buffer, "b");
    await buffer.flush();
    one(buffer, "a");
    await buffer.flush();
    expect(sum()).toBe(3);
    expect(state.documents.size).toBe(3);
  });
});

describe("termination", () => {
  it("writes before a listener that exits at once", async () => {
    const script = `
      import { CounterBuffer } from ${JSON.stringify(new URL("./flush.ts", import.meta.url).href)};
      process.on("SIGTERM", () => process.exit(7));
      const buffer = new CounterBuffer(async (windows) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        console.log("written", [...windows.values()][0].n);
      });
      buffer.count("w", () => ({ n: 0 }), (window) => { window.n++; });
      setTimeout(() => {}, 10_000);
      process.kill(process.pid, "SIGTERM");
    `;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    await expect(run).rejects.toMatchObject({ code: 7, stdout: expect.stringContaining("written 1") });
  });
});

import { describe, expect, it } from "vitest";
import { Debounce } from "./debounce.ts";

/** Which of the events, at these times, ran something. */
async function runs(times: readonly number[]): Promise<number[]> {
  const debounce = new Debounce();
  const ran: number[] = [];
  for (const ms of times) {
    await debounce.run(ms, async () => {
      ran.push(ms);
    });
  }
  return ran;
}

describe("events", () => {
  it.each([
    { name: "the first one runs", times: [0], ran: [0] },
    { name: "a close second does not", times: [0, 9_999], ran: [0] },
    { name: "one after a pause does", times: [0, 10_000], ran: [0, 10_000] },
    { name: "499 close ones do not", times: Array<number>(500).fill(0), ran: [0] },
    {
      name: "500 do, 10 seconds after the last run",
      times: [...Array<number>(500).fill(0), ...Array.from({ length: 500 }, (_, i) => 2 * i), 9_999, 10_000, 10_001],
      ran: [0, 10_000],
    },
    {
      name: "a stream runs once in five minutes",
      times: Array.from({ length: 62 }, (_, i) => i * 5_000),
      ran: [0, 300_000],
    },
  ])("$name", async ({ times, ran }) => {
    expect(await runs(times)).toEqual(ran);
  });

  it("that arrive during a run only count", async () => {
    const debounce = new Debounce();
    const ran: string[] = [];
    const note = (what: string) => async () => {
      ran.push(what);
    };
    let finish = () => {};
    const first = debounce.run(0, async () => {
      await new Promise<void>((done) => {
        finish = done;
      });
      ran.push("first");
    });
    await debounce.run(400_000, note("second"));
    finish();
    await first;
    await debounce.run(400_001, note("third"));
    expect(ran).toEqual(["first", "third"]);
  });

  it("go on after a run that failed", async () => {
    const debounce = new Debounce();
    await expect(debounce.run(0, () => Promise.reject(new Error("unavailable")))).rejects.toThrow("unavailable");
    let ran = false;
    await debounce.run(10_000, async () => {
      ran = true;
    });
    expect(ran).toBe(true);
  });
});

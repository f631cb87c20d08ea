import { describe, expect, it } from "vitest";
import { Debounce } from "./debounce.ts";

/** Which of the events, at these times, ran something. */
async function runs(times: readonly number[]): Promise<number[]> {
  const debounce = new Debounce();
  const ran: number[] = [];
  for (const ms of times) await debounce.run(ms, async () => ran.push(ms));
  return ran;
}

describe("events", () => {
  it.each([
    { name: "the first one runs", times: [0], ran: [0] },
    { name: "a close second does not", times: [0, 9_999], ran: [0] },
    { name: "one after a pause does", times: [0, 10_000], ran: [0, 10_000] },
    { name: "499 close ones do not", times: Array<number>(500).fill(0), ran: [0] },
    { name: "the 500th of close ones does", times: Array<number>(501).fill(0), ran: [0, 0] },
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
    let finish = () => {};
    const first = debounce.run(0, () => new Promise<string>((done) => (finish = () => done("first"))));
    expect(await debounce.run(400_000, async () => "second")).toBeNull();
    finish();
    expect(await first).toBe("first");
    expect(await debounce.run(400_001, async () => "third")).toBe("third");
  });

  it("go on after a run that failed", async () => {
    const debounce = new Debounce();
    await expect(debounce.run(0, () => Promise.reject(new Error("unavailable")))).rejects.toThrow("unavailable");
    expect(await debounce.run(10_000, async () => "next")).toBe("next");
  });
});

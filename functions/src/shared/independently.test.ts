import { describe, expect, it } from "vitest";
import { independently } from "./independently.ts";

const LATER_MS = 5;
const later = <T>(result: T) => new Promise<T>((resolve) => setTimeout(() => resolve(result), LATER_MS));

describe("works that are independent", () => {
  it("give their results in their order", async () => {
    expect(await independently(later(["a"]), Promise.resolve(1))).toEqual([["a"], 1]);
  });

  it("go on to their end when one fails, which is told afterwards", async () => {
    const done: string[] = [];
    const works = independently(
      Promise.reject(new Error("unavailable")),
      later("followed").then((name) => done.push(name)),
      Promise.reject(new RangeError("spoilt")),
    );
    await expect(works).rejects.toThrow("Error: unavailable; RangeError: spoilt");
    expect(done).toEqual(["followed"]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Narrator } from "./narrator.ts";

const stream = (isTTY: boolean, written: string[] = []) =>
  ({ isTTY, columns: 20, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;

describe("narrator", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells progress every ten seconds where lines stay", () => {
    const said: string[] = [];
    const narrator = new Narrator((line) => said.push(line), stream(false));
    narrator.begin("step");
    for (let ms = 0; ms <= 20_000; ms += 100) {
      vi.setSystemTime(ms);
      narrator.progress(`at ${ms}`);
    }
    expect(said).toEqual(["step", "  … at 10000", "  … at 20000"]);
  });

  it("writes progress over itself on a terminal, no wider than it is", () => {
    const said: string[] = [];
    const written: string[] = [];
    const narrator = new Narrator((line) => said.push(line), stream(true, written));
    narrator.progress("a very long line of progress");
    narrator.end({ ok: true, seconds: 1.25 });
    expect(written).toEqual(["\r\u001b[K  … a very long lin", "\r\u001b[K"]);
    expect(said).toEqual(["  ✔ held (1.3 s)"]);
  });
});

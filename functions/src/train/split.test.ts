import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SessionRows, splitSessions } from "./split.ts";

function rows(...all: [session: number, eventMs: number][]): SessionRows {
  return {
    session: Int32Array.from(all, ([session]) => session),
    sessions: Math.max(-1, ...all.map(([session]) => session)) + 1,
    eventMs: Float64Array.from(all, ([, eventMs]) => eventMs),
  };
}

/** Rows of up to 30 sessions, each of which has at least one. */
const anyRows = fc
  .array(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 30 })
  .chain((sessions) => {
    const flat = sessions.flatMap((times, session) => times.map((ms): [number, number] => [session, ms]));
    return fc.shuffledSubarray(flat, { minLength: flat.length }).map((shuffled) => rows(...shuffled));
  });

describe("the split", () => {
  it("leaks no session, loses no row, and holds out the sessions that began last", () => {
    fc.assert(
      fc.property(anyRows, fc.double({ min: 0.05, max: 0.5, noNaN: true }), (data, share) => {
        const { train, holdout, trainSessions, holdoutSessions } = splitSessions(data, share);
        expect([...train, ...holdout].sort((a, b) => a - b)).toEqual([...data.session.keys()]);
        const sessionsOf = (side: Int32Array) => new Set([...side].map((row) => data.session[row] ?? -1));
        const [learnt, judged] = [sessionsOf(train), sessionsOf(holdout)];
        expect([...learnt].filter((session) => judged.has(session))).toEqual([]);
        expect([learnt.size, judged.size]).toEqual([trainSessions, holdoutSessions]);
        const start = (session: number) =>
          Math.min(...[...data.eventMs].filter((_, row) => data.session[row] === session));
        expect(Math.max(...[...learnt].map(start))).toBeLessThanOrEqual(Math.min(...[...judged].map(start)));
      }),
    );
  });

  it.each([
    { sessions: 10, share: 0.2, holdout: 2 },
    { sessions: 12, share: 0.2, holdout: 2 },
    { sessions: 13, share: 0.2, holdout: 3 },
    { sessions: 2, share: 0.05, holdout: 1 },
    { sessions: 2, share: 0.5, holdout: 1 },
    { sessions: 1, share: 0.5, holdout: 0 },
    { sessions: 0, share: 0.2, holdout: 0 },
  ])("of $sessions sessions at $share holds out $holdout", ({ sessions, share, holdout }) => {
    const data = rows(...Array.from({ length: sessions }, (_, i): [number, number] => [i, i]));
    expect(splitSessions(data, share).holdoutSessions).toBe(holdout);
  });
});

import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { FEEDBACK, VISITORS } from "./drawn-visit.ts";
import { decodeDraws } from "./draws.ts";
import { Traffic } from "./schema.ts";
import { dayOfTraffic, foldTraffic, trafficId } from "./traffic.ts";

const at = (time: string) => ({ event_at: `2026-09-28T${time}.000Z` });
const fold = (...logs: Parameters<typeof foldTraffic>[1]) => foldTraffic(new Map(), logs);

describe("traffic", () => {
  it("is counted by hour and day, all versions and arms together", () => {
    const traffic = fold(
      someLog({ ...at("05:12:00"), prediction_id: "a", unit: "u1" }),
      someLog({ ...at("05:59:59"), prediction_id: "b", unit: "u1", arm: "treatment", user_satisfaction: 1 }),
      someLog({ ...at("06:00:00"), prediction_id: "c", unit: "u2", arm: "holdback" }),
    );
    expect([...traffic.keys()]).toEqual(["1h.2026-09-28T05:00Z.0", "1d.2026-09-28T00:00Z.0", "1h.2026-09-28T06:00Z.0"]);
    const [hour, day] = [...traffic.values()];
    expect(hour?.visits).toBe(2);
    expect(day?.granularity === "1d" && day.hours).toEqual([0, 0, 0, 0, 0, 2, 1, ...Array(17).fill(0)]);
    if (hour?.granularity !== "1h") throw new Error("no hour");
    expect(decodeDraws(hour.visitors, VISITORS)).toHaveLength(1);
    expect(decodeDraws(hour.feedback, FEEDBACK)).toHaveLength(1);
    expect(decodeDraws(day?.feedback ?? hour.feedback, FEEDBACK)).toHaveLength(1);
    for (const one of traffic.values()) expect(Traffic.parse(one)).toEqual(one);
  });

  it("is the same however it is folded", () => {
    const logs = Array.from({ length: 50 }, (_, i) =>
      someLog({ ...at(`0${i % 3}:00:0${i % 10}`), prediction_id: `p${i}`, unit: `u${i % 17}` }),
    );
    expect(foldTraffic(fold(...logs.slice(0, 20)), logs.slice(20))).toEqual(fold(...logs));
    expect(foldTraffic(fold(...logs.slice(20)), logs.slice(0, 20))).toEqual(fold(...logs));
  });

  it("of a day is that of its hours", () => {
    const logs = Array.from({ length: 300 }, (_, i) =>
      someLog({
        ...at(`${String(i % 24).padStart(2, "0")}:00:00`),
        prediction_id: `p${i}`,
        unit: `u${i % 170}`,
        ...(i % 3 === 0 ? { user_satisfaction: i % 2 } : {}),
      }),
    );
    const traffic = fold(...logs);
    const key = { granularity: "1d", startMs: Date.UTC(2026, 8, 28), shard: 0 } as const;
    const day = traffic.get(trafficId(key));
    expect(day?.feedback.length).toBeGreaterThan(0);
    expect(dayOfTraffic(key, [...traffic.values()])).toEqual(day);
  });

  it("counts no import", () => {
    expect(fold(someLog({ source: "import" })).size).toBe(0);
  });
});

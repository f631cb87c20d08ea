import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { someLog } from "../../../test/some-log.ts";
import { Lifecycle } from "../config.ts";
import { decodeDataset, encodeDataset, fingerprint, SessionSampler } from "./dataset.ts";
import { type Sample, sampleOf } from "./sample.ts";

function sample(session: number, visit = 0): Sample {
  return sampleOf(
    someLog({
      prediction_id: `p${session}.${visit}`,
      session_id: `s${session}`,
      event_at: new Date(Date.parse("2026-09-28T05:00:00.000Z") + session * 1000 + visit).toISOString(),
    }),
  );
}

function sampled(samples: readonly Sample[], { maxSessions, seed = 1 }: { maxSessions: number; seed?: number }) {
  const sampler = new SessionSampler({ maxSessions, seed });
  for (const one of samples) sampler.add(one);
  return sampler.samples();
}

const all = Array.from({ length: 400 }, (_, i) => sample(i % 200, Math.floor(i / 200)));

describe("the session sampler", () => {
  it("keeps everything, ordered by time, while there is room", () => {
    expect(sampled(all.toReversed(), { maxSessions: 200 }).map((one) => one.prediction_id)).toEqual(
      Array.from({ length: 400 }, (_, i) => `p${Math.floor(i / 2)}.${i % 2}`),
    );
  });

  it("keeps whole sessions within the bound, whatever their order", () => {
    const kept = sampled(all, { maxSessions: 60 });
    const sessions = new Set(kept.map((one) => one.session_id));
    expect(sessions.size).toBeLessThanOrEqual(60);
    expect(sessions.size).toBeGreaterThan(15);
    expect(kept).toHaveLength(2 * sessions.size);
    expect(sampled(all.toReversed(), { maxSessions: 60 })).toEqual(kept);
  });

  it("keeps others with another seed", () => {
    const [a, b] = [sampled(all, { maxSessions: 60 }), sampled(all, { maxSessions: 60, seed: 2 })];
    expect(a.map((one) => one.prediction_id)).not.toEqual(b.map((one) => one.prediction_id));
  });
});

describe("a data set", () => {
  it("comes back from its bytes as it was", () => {
    const training = Lifecycle.parse({}).training;
    const header = { from: "2026-08-29T05:00:00.000Z", to: "2026-09-28T05:00:00.000Z", training };
    const odd = { ...sample(1), predicted_css_variables: { "--font-size-base": "1\n€" } };
    const dataset = { header, samples: [odd, sample(2)] };
    expect(decodeDataset(encodeDataset(dataset))).toEqual(JSON.parse(JSON.stringify(dataset)));
    expect(decodeDataset(encodeDataset({ header, samples: [] })).samples).toEqual([]);
  });

  it("has a fingerprint of its sorted ids, one a line", () => {
    expect(fingerprint(["b", "a"])).toBe(createHash("sha256").update("a\nb\n").digest("hex"));
  });
});

describe("a sample", () => {
  it("leaves behind what training does not need", () => {
    const one = sampleOf(
      someLog({ ui_preference_feedback: { verdict: "dislike", text: "private words" }, user_satisfaction: 2 }),
    );
    expect(JSON.stringify(one)).not.toMatch(/private words|page_path|Firefox|subject/);
    expect(one).toMatchObject({ feedback: { verdict: "dislike" }, user_satisfaction: 2 });
  });
});

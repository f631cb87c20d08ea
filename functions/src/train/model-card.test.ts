import { describe, expect, it } from "vitest";
import { somePublication } from "../../../test/some-version.ts";
import { modelCard } from "./model-card.ts";

const VERSION = "v_20260928T051200Z_0123456789ab";

describe("a model card", () => {
  const facts = somePublication(VERSION);

  it("says what the version is for, what it was made from, how good it is and how to make it again", () => {
    const card = modelCard(facts);
    for (const words of [
      "# Full training of 2026-08-01T00:00:00.000Z",
      "| Rows | 2000 of 1500 sessions |",
      "| `rounds` | 60 |",
      "**better**, against rules: better on density.",
      "| density | constant | 80.0 % | 70.0 % | 70.0 % | 0.5000 |",
      "## Limits",
    ]) {
      expect(card).toContain(words);
    }
    // What is not measured has no heading.
    expect(card).not.toContain("## For whom");
  });

  it("names neither the version, whose name follows from its files, nor a time of the clock", () => {
    const { data, ...rest } = facts.lineage;
    const later = {
      ...rest,
      data: { ...data, collected_at: "2026-08-02T03:04:05.678Z", reproducible_until: "2026-10-29" },
    };
    const card = modelCard({ ...facts, lineage: later });
    expect(card).toContain("is deleted on 2026-10-29: from then on it cannot be reproduced");
    expect(card).not.toContain("03:04:05");
    expect(card).not.toContain(VERSION);
  });

  it("tells the findings and whom it serves worse, in tables that no text breaks", () => {
    const shares = { density: [0, 1, 0], font: [1, 0, 0], theme: [0, 1, 0] };
    const segment = {
      segment: "device mobile",
      rows: 120,
      sessions: 100,
      accuracy: { density: 0.625 },
      normalised_mae: null,
      engaged_rate: 0.25,
      satisfaction: { mean: 4.25, n: 8 },
      negative_rate: null,
      rendering_ms: 40,
      served: shares,
      answered: shares,
    };
    const gap = { value: -0.1, low: -0.15, high: -0.05 };
    const worst_gap = { segment: "device mobile", group: "density", sessions: 100, gap } as const;
    const finding = { rule: "segments", ok: false, message: "a | b" } as const;
    const card = modelCard({
      ...facts,
      gate: { ...facts.gate, findings: [finding] },
      bias: { segments: [segment], days: [], worst_gap },
    });
    expect(card).toContain("| **broken** | a \\| b |");
    expect(card).toContain("| device mobile | 100 | 62.5 % | 25.0 % | 4.25 (8) |");
    expect(card).toContain("device mobile, density, by 10.0 % [5.0 %, 15.0 %] of 100 sessions");
  });
});

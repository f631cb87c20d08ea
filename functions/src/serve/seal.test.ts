import { describe, expect, it } from "vitest";
import { canonicalJson, sha256 } from "../shared/canonical.ts";
import { CorruptError } from "../shared/errors.ts";
import { FIRST_ROUTING } from "./schema.ts";
import { inForce, openSealed, sealed } from "./seal.ts";
import { revised } from "./store.ts";

const routing = sealed(
  revised(FIRST_ROUTING, { exploration_share: 0.1 }, { who: "system", reason: "a test", nowMs: 0 }),
);

it("opens what was sealed, in whatever order the database gives its fields", () => {
  const { salts, ...rest } = routing;
  expect(openSealed({ salts: { exploration: salts.exploration, holdback: salts.holdback }, ...rest })).toEqual(routing);
});

it.each([
  { name: "no document", stored: undefined },
  { name: "a changed share", stored: { ...routing, exploration_share: 0.2 } },
  { name: "a changed reason only", stored: { ...routing, reason: "another" } },
  { name: "no seal", stored: { ...routing, seal: undefined } },
  { name: "an unknown field", stored: { ...routing, colour: "blue" } },
  { name: "a value out of bounds", stored: sealed({ ...routing, exploration_share: 2 }) },
])("does not open $name", ({ stored }) => {
  expect(openSealed(stored)).toBeUndefined();
});

it("gives a revision one higher with who and why, cut to what the document takes", () => {
  const next = revised(
    routing,
    { stable: "rules" },
    { who: "u".repeat(200), reason: "r".repeat(600), nowMs: 86_400_000 },
  );
  expect(next).toMatchObject({ revision: 2, updated_at: "1970-01-02T00:00:00.000Z", exploration_share: 0.1 });
  expect([next.written_by.length, next.reason.length]).toEqual([128, 500]);
  expect(openSealed(next)).toBeUndefined();
});

it("is no earlier than the one before, though a clock is behind or a look at a version took its time", () => {
  const first = revised(routing, {}, { who: "a", reason: "a test", nowMs: 2000 });
  expect(revised(first, {}, { who: "b", reason: "a test", nowMs: 1000 })).toMatchObject({
    revision: first.revision + 1,
    updated_at: first.updated_at,
  });
});

/** As another release writes it, whose fields are others. */
function sealedElsewhere(fields: Record<string, unknown>): Record<string, unknown> {
  const { seal: _seal, ...rest } = { ...routing, ...fields };
  return { ...rest, seal: sha256(canonicalJson(rest)) };
}

it("opens what a later release has sealed, without the fields that it has added", () => {
  const canary = { deployment: "d", version: "v_20260901T000000Z_aaaaaaaaaaaa", share: 0.1, salt: "s" };
  const shadow = { deployment: "d", version: canary.version };
  const arms = [0, 0.5].map((from) => ({ name: `from${from * 10}`, version: canary.version, from, to: from + 0.5 }));
  const experiment = { id: "e", salt: "s", arms };
  const stored = sealedElsewhere({
    shadow: { ...shadow, since: 1 },
    canary: { ...canary, since: 1 },
    experiment: { ...experiment, since: 1, arms: arms.map((arm) => ({ ...arm, since: 1 })) },
    salts: { ...routing.salts, more: "m" },
    colour: "blue",
  });
  expect(openSealed(stored)).toEqual({ ...routing, shadow, canary, experiment, seal: stored["seal"] });
});

describe("what is in force", () => {
  const next = sealed(revised(routing, { stable: "rules" }, { who: "system", reason: "a test", nowMs: 0 }));

  it.each([
    {
      name: "FIRST_ROUTING before anything",
      live: undefined,
      newest: undefined,
      routing: FIRST_ROUTING,
      pending: false,
    },
    {
      name: "FIRST_ROUTING, while the first edit by hand waits",
      live: { stable: "rules" },
      newest: undefined,
      routing: FIRST_ROUTING,
      pending: true,
    },
    { name: "our own last write", live: structuredClone(next), newest: next, routing: next, pending: false },
    { name: "the journal's newest after a deletion", live: undefined, newest: next, routing: next, pending: true },
    {
      name: "the journal's newest, while an edit waits",
      live: { ...next, exploration_share: 0.2 },
      newest: next,
      routing: next,
      pending: true,
    },
    {
      name: "the journal's newest, while an earlier one copied back waits",
      live: structuredClone(routing),
      newest: next,
      routing: next,
      pending: true,
    },
    {
      name: "the journal's newest, while a copy with a seal of its own waits",
      live: sealed({ ...next, exploration_share: 0.2 }),
      newest: next,
      routing: next,
      pending: true,
    },
  ])("is $name", ({ live, newest, routing, pending }) => {
    expect(inForce({ live, newest })).toEqual({ routing, pending });
  });

  it.each([
    { name: "the newest of the journal is damaged", live: next, newest: { ...next, exploration_share: 0.2 } },
    { name: "the newest of the journal is nothing we know", live: next, newest: sealedElsewhere({ shadow: "v" }) },
    { name: "the journal of our own write is gone", live: next, newest: undefined },
  ])("is not known when $name", ({ live, newest }) => {
    expect(() => inForce({ live, newest })).toThrow(CorruptError);
  });
});

import { expect, it } from "vitest";
import { FIRST_ROUTING } from "./schema.ts";
import { openSealed, sealed } from "./seal.ts";
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

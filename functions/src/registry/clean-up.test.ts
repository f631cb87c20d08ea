import { describe, expect, it } from "vitest";
import { type Inventory, planCleanUp } from "./clean-up.ts";

const HOUR = 3_600_000;
const T0 = Date.parse("2026-09-01T00:00:00Z");
const POLICY = { keep_versions: 2, grace_hours: 24, clean_up: "on" } as const;
/** Everything below is older than the grace then. */
const LATER = T0 + 1000 * HOUR;

type Version = Inventory["versions"][number];

/** The version that was made at an hour. */
function id(hour: number): string {
  return `v_${new Date(T0 + hour * HOUR).toISOString().replace(/[-:]|\.\d+/g, "")}_0123456789ab`;
}

function version(hour: number, differences: Partial<Version> = {}): Version {
  return {
    version: id(hour),
    created_at: new Date(T0 + hour * HOUR).toISOString(),
    gate: { verdict: "not_better", reason: "equal", against: "rules", accuracy_difference: 0 },
    lineage: { kind: "full", parent: null } as Version["lineage"],
    ...differences,
  };
}

const childOf = (hour: number) => ({ lineage: { kind: "incremental", parent: id(hour) } as Version["lineage"] });
const awaiting = (hour: number): Partial<Version> => ({
  gate: { verdict: "awaiting_evidence", reason: "few", against: id(hour), accuracy_difference: 0 },
});
const damaged = { quarantined: { at: "2026-09-02T00:00:00Z", file: "f", reason: "r" } };
const removed = { removed: { at: "2026-09-02T00:00:00Z", why: "old" } };

/** Hours of the versions that stay and that go, and of those whose files are left over. */
function planned(inventory: Partial<Inventory>, nowMs = LATER) {
  const hours = (ids: readonly string[]) =>
    ids
      .map((version) => Array.from({ length: 50 }, (_, hour) => hour).find((hour) => id(hour) === version) ?? -1)
      .sort((a, b) => a - b);
  const nothing = { versions: [], unreadable: [], stored: [], inUse: new Map<string, string>() };
  const { keep, remove, leftovers } = planCleanUp({ ...nothing, ...inventory }, POLICY, nowMs);
  const ids = (of: { version: string }[]) => hours(of.map(({ version }) => version));
  return { keep: ids(keep), remove: ids(remove), leftovers: hours(leftovers) };
}

const five = [1, 2, 3, 4, 5].map((hour) => version(hour));
const inUse = (...hours: number[]) => new Map(hours.map((hour) => [id(hour), "in service"]));

describe("a clean-up keeps", () => {
  it.each<[string, Partial<Inventory>, number[], number[]]>([
    ["the newest", { versions: five }, [4, 5], [1, 2, 3]],
    ["what is in use beside them", { versions: five, inUse: inUse(1) }, [1, 4, 5], [2, 3]],
    ["no fewer when one of the newest is in use", { versions: five, inUse: inUse(5) }, [4, 5], [1, 2, 3]],
    ["no damaged one among the newest", { versions: [...five.slice(0, 4), version(5, damaged)] }, [3, 4], [1, 2, 5]],
    [
      "a damaged one that is in use",
      { versions: [version(1, damaged), ...five.slice(1)], inUse: inUse(1) },
      [1, 4, 5],
      [2, 3],
    ],
    [
      "what awaits evidence, and what that is to be judged against",
      { versions: [version(1), version(2, awaiting(1)), ...five.slice(2)] },
      [1, 2, 4, 5],
      [3],
    ],
    [
      "the ancestors of what is in use, back to a full one and no further",
      {
        versions: [version(1), version(2, { lineage: { kind: "full", parent: id(1) } as Version["lineage"] })].concat(
          [version(3, childOf(2)), version(4, childOf(3))],
          [10, 11].map((hour) => version(hour)),
        ),
        inUse: inUse(4),
      },
      [2, 3, 4, 10, 11],
      [1],
    ],
    [
      "nothing for an ancestor that is not there any more",
      { versions: [version(2, childOf(1)), ...five.slice(2)], inUse: inUse(2) },
      [2, 4, 5],
      [3],
    ],
    ["no tombstone", { versions: [version(1, removed), ...five.slice(1)], inUse: inUse(1) }, [4, 5], [2, 3]],
    [
      "everything while one document cannot be read, since nobody knows what that version needs",
      { versions: five, unreadable: [id(6)] },
      [1, 2, 3, 4, 5, 6],
      [],
    ],
  ])("%s", (_what, inventory, keep, remove) => {
    expect(planned(inventory)).toMatchObject({ keep, remove });
  });

  it("what is as young as the grace, and not a moment longer", () => {
    const at = T0 + 3 * HOUR + POLICY.grace_hours * HOUR;
    expect(planned({ versions: five }, at - 1)).toMatchObject({ keep: [3, 4, 5], remove: [1, 2] });
    expect(planned({ versions: five }, at)).toMatchObject({ keep: [4, 5], remove: [1, 2, 3] });
  });
});

describe("files are left over", () => {
  it.each<[string, Partial<Inventory>, number[]]>([
    ["of a version that was buried", { versions: [version(1, removed)], stored: [id(1)] }, [1]],
    ["of one that nobody ever published", { stored: [id(1)] }, [1]],
    ["but not while a job is about to publish it", { stored: [id(1)], inUse: inUse(1) }, []],
    ["but not where its document cannot be read", { stored: [id(1)], unreadable: [id(1)] }, []],
    ["of no version that stays", { versions: five, stored: five.map(({ version }) => version) }, []],
  ])("%s", (_what, inventory, leftovers) => {
    expect(planned(inventory).leftovers).toEqual(leftovers);
  });

  it("not before the grace is over, and never under a name that tells no time", () => {
    const stored = [id(1), "v_of_somebody_else", ""];
    const plan = (nowMs: number) =>
      planCleanUp({ versions: [], unreadable: [], stored, inUse: new Map() }, POLICY, nowMs).leftovers;
    const at = T0 + HOUR + POLICY.grace_hours * HOUR;
    expect(plan(at)).toEqual([]);
    expect(plan(at + 1)).toEqual([id(1)]);
  });
});

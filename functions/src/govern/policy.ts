import { Lifecycle } from "../config.ts";
import { VARYING_GROUPS } from "../design/targets.ts";
import type { Routing } from "../serve/schema.ts";
import { canonicalJson } from "../shared/canonical.ts";
import { type FieldIssue, fieldIssues } from "../shared/errors.ts";

/** A document as it is stored, or undefined where there is none: then every default holds. */
export type Stored = Record<string, unknown> | undefined;

/** A write to config/lifecycle, with what it can be judged by. */
export interface PolicyWrite {
  written: Stored;
  /** What stood there before. */
  before: Stored;
  /** The newest policy of the journal. */
  journaled: Stored;
}

/** What becomes of a write. */
export type PolicyVerdict =
  /** Good, and in the journal already: our own write, or an event that came twice. */
  | { kind: "known"; policy: Lifecycle }
  /** Good: it goes to the journal. */
  | { kind: "accepted"; policy: Lifecycle }
  /** Bad: this takes its place, undefined meaning that the document goes. */
  | { kind: "put_back"; good: Stored; issues: FieldIssue[] };

/**
 * Judges a write by the strict schema. What a bad one is put back to is what stood there before, if that was good (also if
 * it was nothing), else the newest policy of the journal, else nothing.
 */
export function judgeWrite({ written, before, journaled }: PolicyWrite): PolicyVerdict {
  const parsed = Lifecycle.safeParse(written ?? {});
  if (parsed.success) {
    const known = canonicalJson(written ?? {}) === canonicalJson(journaled ?? {});
    return { kind: known ? "known" : "accepted", policy: parsed.data };
  }
  const good = [before ?? {}, journaled].find((stored) => stored !== undefined && Lifecycle.safeParse(stored).success);
  const nothing = good === undefined || (before === undefined && Object.keys(good).length === 0);
  return { kind: "put_back", good: nothing ? undefined : good, issues: fieldIssues(parsed.error) };
}

/** What predict needs of the policy; it reads routing and nothing else, so this is copied to routing/live. */
export function routedPolicy(
  policy: Lifecycle,
): Pick<Routing, "holdback_share" | "exploration_share" | "rules_groups"> {
  const { holdback_share, exploration_share } = policy.serve;
  return { holdback_share, exploration_share, rules_groups: [...VARYING_GROUPS[policy.training.target_policy]] };
}

/** The parts of the policy that routing does not have yet; undefined if it has them all. */
export function routingChange(policy: Lifecycle, routing: Routing): ReturnType<typeof routedPolicy> | undefined {
  const wanted = routedPolicy(policy);
  const { holdback_share, exploration_share, rules_groups } = routing;
  const same = canonicalJson(wanted) === canonicalJson({ holdback_share, exploration_share, rules_groups });
  return same ? undefined : wanted;
}

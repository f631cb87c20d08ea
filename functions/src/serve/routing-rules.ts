import { isDeepStrictEqual } from "node:util";
import { type FieldIssue, fieldIssues } from "../shared/errors.ts";
import { type RoutedExperiment, Routing, type ServedVersion } from "./schema.ts";

/** Shares that are taken at most for holdback and exploration, as in the policy. */
const MAX_SHARE = 0.5;

/** An edit of the routing by a person, read: a routing that may still break a rule, or why it is none. */
export type RoutingEdit = { ok: true; routing: Routing } | { ok: false; issues: FieldIssue[] };

/** Reads what somebody wrote to routing/live, or deleted there. */
export function readEdit(stored: unknown): RoutingEdit {
  if (stored === undefined) return { ok: false, issues: [{ path: "", message: "routing/live must not be deleted" }] };
  const parsed = Routing.safeParse(stored);
  return parsed.success ? { ok: true, routing: parsed.data } : { ok: false, issues: fieldIssues(parsed.error) };
}

/** What is wrong with a routing that a person wants in force instead of the one that is, versions' health apart. */
export function routingIssues({ wanted, inForce }: { wanted: Routing; inForce: Routing }): FieldIssue[] {
  const issues: FieldIssue[] = [];
  for (const path of ["holdback_share", "exploration_share"] as const) {
    if (wanted[path] > MAX_SHARE) issues.push({ path, message: `must be at most ${MAX_SHARE}` });
  }
  if (wanted.previous_good !== inForce.previous_good) {
    const message = "only a release that everybody has got sets it; to go to another version, change stable";
    issues.push({ path: "previous_good", message });
  }
  const { shadow, canary, experiment } = wanted;
  if (shadow !== null && !isDeepStrictEqual(shadow, inForce.shadow)) {
    issues.push({
      path: "shadow",
      message: "only a deployment puts a candidate here (deployVersion); by hand it may go",
    });
  }
  if (experiment !== null && !isDeepStrictEqual(experiment, inForce.experiment)) {
    issues.push({ path: "experiment", message: "only startExperiment puts one here; by hand it may go" });
    issues.push(...armIssues(experiment));
  }
  if (canary === null) return issues;
  const { canary: running } = inForce;
  const { deployment, version, salt } = canary;
  if (running?.deployment !== deployment || running.version !== version || running.salt !== salt) {
    const message =
      "only a deployment puts a candidate here (deployVersion); by hand its share may change, or it may go";
    issues.push({ path: "canary", message });
  }
  if (wanted.stable !== inForce.stable) {
    const message = "the control's version must not change under a running deployment; set canary to null as well";
    issues.push({ path: "stable", message });
  }
  return issues;
}

/** What is wrong with the arms of an experiment: each begins where the one before it ends, and no name comes twice. */
export function armIssues({ arms }: Pick<RoutedExperiment, "arms">): FieldIssue[] {
  return arms.flatMap(({ name, from, to }, i): FieldIssue[] => {
    const path = `experiment.arms.${i}`;
    const before = arms.slice(0, i);
    const start = before.at(-1)?.to;
    return [
      ...(to > from ? [] : [{ path: `${path}.to`, message: "must be above from" }]),
      ...(start === undefined || start === from
        ? []
        : [{ path: `${path}.from`, message: "must be where the arm before ends" }]),
      ...(before.some((other) => other.name === name)
        ? [{ path: `${path}.name`, message: `${name} is there already` }]
        : []),
    ];
  });
}

/** Versions that an edit names where another one stood: those must prove that they can answer. */
export function newVersions({ wanted, inForce }: { wanted: Routing; inForce: Routing }): Map<string, ServedVersion> {
  const named = (routing: Routing): [string, ServedVersion][] => [
    ["stable", routing.stable],
    ["shadow.version", routing.shadow?.version ?? "rules"],
    ["canary.version", routing.canary?.version ?? "rules"],
    ...(routing.experiment?.arms ?? []).map(({ version }, i): [string, ServedVersion] => [
      `experiment.arms.${i}.version`,
      version,
    ]),
  ];
  const before = new Map(named(inForce));
  return new Map(named(wanted).filter(([path, version]) => version !== "rules" && version !== before.get(path)));
}

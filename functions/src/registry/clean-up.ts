import type { Lifecycle } from "../config.ts";
import type { ModelVersion } from "./schema.ts";
import { versionTime } from "./version-id.ts";

const HOUR_MS = 3_600_000;

/** What a clean-up finds. */
export interface Inventory {
  /** Every version with a document, those that were removed too. */
  versions: readonly Pick<ModelVersion, "version" | "created_at" | "gate" | "lineage" | "quarantined" | "removed">[];
  /** Ids of versions whose document cannot be read. */
  unreadable: readonly string[];
  /** Ids that have files in Storage. */
  stored: readonly string[];
  /** Versions that something needs, and what: routed, in a deployment, in a job. */
  inUse: ReadonlyMap<string, string>;
}

/** What it would do. */
export interface CleanUpPlan {
  keep: { version: string; why: string }[];
  /** To be buried, and their files deleted. */
  remove: { version: string; why: string }[];
  /** Versions that were buried before and have files left, or that nobody ever published. */
  leftovers: string[];
}

/**
 * Decides what goes: everything but the keep-set. That is what is in use; what a version in use was made from, back to the last
 * full training, whose reference its traffic is compared with; what awaits evidence; the newest `keep_versions` that are whole;
 * and whatever is younger than the grace. While a document cannot be read nobody knows what its version needs, so that
 * everything with a document stays.
 * @param nowMs server time
 */
export function planCleanUp(
  { versions, unreadable, stored, inUse }: Inventory,
  { keep_versions: newest, grace_hours: graceHours }: Lifecycle["registry"],
  nowMs: number,
): CleanUpPlan {
  const live = versions.filter(({ removed }) => removed === undefined);
  const byId = new Map(live.map((version) => [version.version, version]));
  const keep = new Map<string, string>();
  const put = (version: string, why: string): void => {
    if (byId.has(version) && !keep.has(version)) keep.set(version, why);
  };
  for (const [version, why] of inUse) put(version, why);
  for (const { version, gate } of live) {
    if (gate.verdict !== "awaiting_evidence") continue;
    put(version, "awaits evidence");
    put(gate.against, `${version} is to be judged against it`);
  }
  const graceMs = nowMs - graceHours * HOUR_MS;
  const sorted = [...live].sort((a, b) => (a.version < b.version ? 1 : -1));
  sorted
    .filter(({ quarantined }) => quarantined === undefined)
    .slice(0, newest)
    .forEach(({ version }, i) => {
      put(version, `number ${i + 1} of the newest ${newest}`);
    });
  for (const { version, created_at } of live) {
    if (Date.parse(created_at) > graceMs) put(version, `younger than ${graceHours} hours`);
  }
  for (const kept of [...keep.keys()]) {
    for (let of = byId.get(kept); of !== undefined && of.lineage.kind === "incremental"; ) {
      const parent: string | null = of.lineage.parent;
      if (parent === null) break;
      put(parent, `${kept} goes on from it`);
      of = byId.get(parent);
    }
  }
  for (const version of unreadable) keep.set(version, "its document cannot be read");
  for (const { version } of unreadable.length > 0 ? live : []) put(version, "may be needed by one that cannot be read");
  const removed = new Map(versions.map((version) => [version.version, version.removed !== undefined]));
  return {
    keep: [...keep].map(([version, why]) => ({ version, why })),
    remove: sorted
      .filter(({ version }) => !keep.has(version))
      .map(({ version, quarantined }) => ({
        version,
        why:
          quarantined === undefined
            ? `older than the newest ${newest}, and nothing needs it`
            : "in quarantine, and nothing needs it",
      })),
    leftovers: stored.filter((version) => {
      if (keep.has(version) || inUse.has(version)) return false;
      return removed.get(version) ?? isOlder(version, graceMs);
    }),
  };
}

/** Whether files of a version without a document have lain there for long; what has no time in its name is not ours. */
function isOlder(version: string, ms: number): boolean {
  try {
    return versionTime(version) < ms;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

import type { ClassGroup } from "../design/schema.ts";
import type { Gate, ModelVersion } from "../registry/schema.ts";
import type { VersionStore } from "../registry/store.ts";
import type { Routing, ServedVersion } from "../serve/schema.ts";
import type { RoutingStore } from "../serve/store.ts";
import { historyInWords } from "./history-in-words.ts";
import type { ListRequest } from "./schema.ts";

/** Changes of the model in service that come with a page of versions. */
const CHANGES = 50;

/** What a version is to visitors just now. */
type State = "in_service" | "previous_good" | "canary" | "quarantined" | "removed" | Gate["verdict"];

/** A version on the list. */
interface Listed {
  version: string;
  state: State;
  trained_at: string;
  kind: "full" | "incremental";
  parent: string | null;
  /** What it was trained by and on: visits with from <= event_at < to. */
  job: string;
  data: { from: string; to: string; sessions: number };
  /** Of the groups with trees, on its own hold-out, 0-1. */
  accuracy: Partial<Record<ClassGroup, number>>;
  gate: Pick<Gate, "verdict" | "reason" | "against" | "accuracy_difference">;
  /** Why it is in quarantine, or was removed. */
  note: string | null;
}

/** A page of versions, the newest first, and the story of what served. */
export interface VersionList {
  versions: Listed[];
  in_service: ServedVersion;
  previous_good: ServedVersion;
  /** Markdown: every change of the model in service, the newest first. */
  history: string;
  /** What served at the time that was asked for; null if none was. */
  served: { at: string; stable: ServedVersion; canary: Routing["canary"]; revision: number; since: string } | null;
}

/** Lists versions with their performance and lineage, and says what served when. */
export async function listVersionsOn(
  { versions, routing }: { versions: VersionStore; routing: RoutingStore },
  { limit, before, at }: ListRequest,
): Promise<VersionList> {
  const [page, now, changes, then] = await Promise.all([
    versions.history(limit, before),
    routing.read(),
    routing.changeLog(CHANGES),
    at === undefined ? null : routing.servedAt(Date.parse(at)),
  ]);
  return {
    versions: page.map((version) => listed(version, now)),
    in_service: now.stable,
    previous_good: now.previous_good,
    history: historyInWords(changes),
    served:
      at === undefined || then === null
        ? null
        : { at, stable: then.stable, canary: then.canary, revision: then.revision, since: then.updated_at },
  };
}

function listed(of: ModelVersion, routing: Routing): Listed {
  const { verdict, reason, against, accuracy_difference } = of.gate;
  const { kind, parent, job, data } = of.lineage;
  return {
    version: of.version,
    state: stateOf(of, routing),
    trained_at: of.trained_at,
    kind,
    parent,
    job,
    data: { from: data.from, to: data.to, sessions: data.sessions },
    accuracy: Object.fromEntries(of.varying_groups.map((group) => [group, of.metrics.classes[group].accuracy])),
    gate: { verdict, reason, against, accuracy_difference },
    note: of.removed?.why ?? of.quarantined?.reason ?? null,
  };
}

function stateOf({ version, removed, quarantined, gate }: ModelVersion, routing: Routing): State {
  if (removed !== undefined) return "removed";
  if (quarantined !== undefined) return "quarantined";
  if (routing.stable === version) return "in_service";
  if (routing.canary?.version === version) return "canary";
  return routing.previous_good === version ? "previous_good" : gate.verdict;
}

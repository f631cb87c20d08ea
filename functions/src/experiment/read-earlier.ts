import { addVisits } from "../collect/outcomes.ts";
import type { InteractionLog } from "../collect/schema.ts";
import type { LogCursor, LogStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { assign } from "../serve/assign.ts";
import type { Routing } from "../serve/schema.ts";
import { hash64 } from "../shared/visitor-buckets.ts";
import { routed } from "./apply.ts";
import type { Experiment } from "./schema.ts";

const DAY_MS = 86_400_000;
/** Logs that one query reads at most. */
const PAGE = 500;

type Earlier = NonNullable<Experiment["earlier"]>;

/**
 * Visits of before the experiment by those who were to fall into each of its arms, day by day and the latest day first, up to as many as
 * the policy lets it read. No arm could have changed them.
 */
export async function readEarlier(
  experiment: Experiment,
  { logs, routing, policy }: { logs: LogStore; routing: Routing; policy: Lifecycle["experiments"] },
): Promise<Earlier> {
  const { earlier_days: days, earlier_visits: most } = policy;
  const startMs = Date.parse(experiment.started_at);
  let earlier: Earlier = {};
  let read = 0;
  for (let day = 1; day <= days && read < most; day++) {
    const range = { fromEventMs: startMs - day * DAY_MS, toEventMs: startMs - (day - 1) * DAY_MS };
    for (const shard of logs.shards()) {
      let after: LogCursor | null = null;
      do {
        if (read >= most) break;
        const page = await logs.pageLogs({ ...range, shard, after, limit: PAGE });
        earlier = withEarlier(earlier, page.logs, { experiment, routing });
        read += page.logs.length;
        after = page.next;
      } while (after !== null);
    }
  }
  return earlier;
}

/** The earlier visits of each arm with more of them: by whom its visitors would have been assigned to it. Imported logs are of nobody. */
export function withEarlier(
  before: Earlier,
  logs: readonly InteractionLog[],
  { experiment, routing }: { experiment: Experiment; routing: Routing },
): Earlier {
  const dealt: Routing = { ...routing, canary: null, experiment: routed(experiment) };
  const live = logs.filter(({ source }) => source === "live").map((log) => ({ log, arm: assign(dealt, log.unit).arm }));
  const after = { ...before };
  for (const { name } of experiment.arms) {
    const own = live.filter(({ arm }) => arm === `exp.${experiment.id}.${name}`);
    const visits = own.map(({ log }) => ({ log, unit: hash64(log.unit) }));
    if (visits.length > 0) after[name] = addVisits(after[name] ?? new Uint8Array(), visits);
  }
  return after;
}

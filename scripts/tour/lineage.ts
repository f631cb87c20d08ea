import { parseBooster } from "../../functions/src/model/format.ts";
import { roundsOf } from "../../functions/src/model/rounds.ts";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";

/** Rounds of boosting of each model of a version, by target. */
export type Rounds = Readonly<Record<string, number>>;

/** Counts the rounds of a version's boosters, in the files themselves. */
export function roundsIn(files: ReadonlyMap<string, Uint8Array>): Rounds {
  const boosters = [...files].filter(([file]) => file.endsWith(".xgb"));
  return Object.fromEntries(
    boosters.map(([file, bytes]) => [file.slice(0, -".xgb".length), roundsOf(parseBooster(bytes))]),
  );
}

/** Whether a child's models are the parent's, each with so many rounds more. */
export function isGrown({ parent, child, more }: { parent: Rounds; child: Rounds; more: number }): boolean {
  const targets = Object.keys(parent);
  return (
    targets.length > 0 &&
    targets.length === Object.keys(child).length &&
    targets.every((target) => child[target] === (parent[target] ?? Number.NaN) + more)
  );
}

/** `v_…, full: 1298 sessions from Sun 20 Sep 05:00 to Tue 22 Sep 05:00, 60 rounds (density, theme)` */
export function inWords({ version, lineage }: Pick<ModelVersion, "version" | "lineage">, rounds: Rounds): string {
  const { kind, data } = lineage;
  const counts = [...new Set(Object.values(rounds))].sort((a, b) => a - b);
  const models = counts.map((count) => {
    const targets = Object.keys(rounds).filter((target) => rounds[target] === count);
    return `${count} rounds (${targets.join(", ")})`;
  });
  return `${version}, ${kind}: ${data.sessions} sessions from ${moment(data.from)} to ${moment(data.to)}, ${models.join(", ")}`;
}

/** `Tue 22 Sep 05:00`, UTC. */
function moment(at: string): string {
  const date = new Date(at);
  const part = (options: Intl.DateTimeFormatOptions) =>
    date.toLocaleDateString("en-US", { ...options, timeZone: "UTC" });
  return `${part({ weekday: "short" })} ${part({ day: "numeric" })} ${part({ month: "short" })} ${at.slice(11, 16)}`;
}

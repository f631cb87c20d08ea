import { type Child, el, tag } from "./dom.ts";
import { known, openDeployment, openExperiment, type State } from "./live.ts";
import { split } from "./split.ts";
import { byVersion, percent, spoken } from "./words.ts";

/** How it stands, in one line of links: whether there is anything to read below. */
export function glance(state: State): Child[] {
  return [
    link("alerts", "Alerts", ...alerts(state)),
    link("traffic", "Traffic", ...traffic(state)),
    link("deployment", "Deployment", ...deployment(state)),
    link("health", "Health", ...health(state)),
    link("experiment", "Experiment", running(state)),
  ];
}

function link(to: string, name: string, ...says: Child[]): HTMLAnchorElement {
  return el("a", { href: `#${to}` }, el("span", { class: "quiet" }, name), " ", ...says);
}

function alerts({ alerts: found }: State): Child[] {
  const open = known(found);
  if (open === undefined) return ["…"];
  const high = open.filter(({ severity, seen }) => severity === "high" && !seen).length;
  return [open.length === 0 ? "none" : String(open.length), high > 0 && " ", high > 0 && tag(`${high} high`, "bad")];
}

function traffic({ inForce }: State): Child[] {
  if (inForce.kind === "missing") return ["the rules"];
  const routing = known(inForce);
  if (routing === undefined) return ["…"];
  const [most] = byVersion(split(routing));
  return most === undefined
    ? []
    : [`${percent(most[1])} `, most[0] === "rules" ? "the rules" : el("code", {}, `${most[0].slice(0, 12)}…`)];
}

function deployment({ deployments }: State): Child[] {
  const all = known(deployments);
  if (all === undefined) return ["…"];
  const open = openDeployment(all);
  if (open === undefined) return ["none"];
  const share = open.stages[open.stage];
  return [
    spoken(open.phase),
    share === undefined ? "" : `, ${percent(share)}`,
    open.paused ? " " : null,
    open.paused ? tag("paused", "warn") : null,
  ];
}

function health({ health: found }: State): Child[] {
  const verdict = known(found);
  if (verdict === undefined) return [found.kind === "loading" ? "…" : "unknown"];
  const { status } = verdict;
  return [
    status === "ok" || status === "insufficient_data"
      ? spoken(status)
      : tag(spoken(status), status === "warning" ? "warn" : "bad"),
  ];
}

function running({ experiments }: State): string {
  const all = known(experiments);
  if (all === undefined) return "…";
  return openExperiment(all)?.phase ?? "none";
}

import type {
  Experiment,
  ExperimentAnalysis,
  ExperimentFigure,
  Recommendation,
} from "../../functions/src/experiment/schema.ts";
import { ask } from "./ask.ts";
import { button, type Child, el, facts, type Tone, tag, version, when } from "./dom.ts";
import { figures, type Row } from "./figures.ts";
import { openExperiment } from "./live.ts";
import { choice } from "./traffic.ts";
import { person, type Section, shown, type View } from "./view.ts";
import { counted, percent, spoken } from "./words.ts";

const ACTIONS: Record<Recommendation["action"], [string, Tone]> = {
  ship: ["ship", "good"],
  roll_back: ["roll back", "bad"],
  keep_running: ["keep running", "plain"],
  review: ["review", "warn"],
  invalid: ["invalid: believe none of its figures", "bad"],
};

/** The experiment that runs, or waits for a person; else that none does. */
export const experiment: Section = {
  id: "experiment",
  title: "Experiment",
  render: (view) =>
    shown(view.state.experiments, "experiments", "", (all) => {
      const open = openExperiment(all);
      if (open !== undefined) return about(open, view);
      const [last] = all;
      if (last === undefined) return [el("p", { class: "quiet" }, "None was ever started.")];
      return [
        el(
          "p",
          { class: "quiet" },
          "None runs. The last one, ",
          el("code", {}, last.id),
          `, is ${last.phase}: ${last.log.at(-1)?.reason ?? ""}`,
        ),
      ];
    }),
};

function about(found: Experiment, view: View): Child[] {
  const { id, hypothesis, phase, arms, started_at, ends_at, analysis, requested_by, reason } = found;
  return [
    el("p", {}, tag(phase), " ", el("code", {}, id)),
    el("p", {}, hypothesis),
    el(
      "ul",
      { class: "log" },
      ...arms.map(({ name, version: served, share }, i) =>
        el(
          "li",
          {},
          el("b", {}, name),
          i === 0 ? " (control), " : ", ",
          `${percent(share)}, `,
          version(served),
          visitorsOf(name, analysis),
        ),
      ),
    ),
    facts(
      ["Began", when(started_at), " by ", person(requested_by, view), `: ${reason}`],
      ["Horizon", when(ends_at), phase === "decided" ? " (over: its arms are out of the routing)" : ""],
    ),
    ...(analysis
      ? seen(analysis)
      : [el("p", { class: "quiet" }, "Not looked at yet: evaluateExperiments does every hour.")]),
    view.isAdmin ? buttons(found, view) : null,
  ];
}

function visitorsOf(arm: string, analysis: ExperimentAnalysis | null): string {
  const found = analysis?.arms.find(({ name }) => name === arm);
  return found === undefined ? "" : `, ${counted(found.visitors, "visitor")}`;
}

function seen({ at, recommendation, figures: compared, sample_ratio, exposure, power }: ExperimentAnalysis): Child[] {
  const [words, tone] = ACTIONS[recommendation.action];
  const distrust = [sample_ratio, exposure].filter(({ ok }) => !ok);
  return [
    el("h3", {}, "Recommendation ", el("span", { class: "quiet" }, when(at))),
    el("p", {}, tag(words, tone), recommendation.arm === null ? "" : ` ${recommendation.arm}`),
    el("ul", {}, ...recommendation.reasons.map((reason) => el("li", {}, reason))),
    ...distrust.map(({ reason }) => el("p", { class: "note" }, reason)),
    power.reason === "" ? null : el("p", { class: "quiet" }, power.reason),
    figures("Metrics", "experiment-metrics", compared.map(rowOf)),
  ];
}

function rowOf(found: ExperimentFigure): Row {
  const { arm, metric, group, primary, finding, effect, horizon, sequential, reason } = found;
  const { lower, upper } = horizon ?? sequential ?? { lower: null, upper: null };
  return {
    metric: `${spoken(metric)}${group === null ? "" : `, ${group}`}`,
    of: `${arm}${primary ? ", primary" : ""}`,
    finding: spoken(finding),
    tone: finding === "better" ? "good" : finding === "worse" ? "bad" : "plain",
    difference: effect,
    lower,
    upper,
    reason,
  };
}

function buttons({ id, phase, arms }: Experiment, view: View): HTMLElement {
  const ends =
    phase === "running"
      ? "It ends here and now: everybody in its arms is answered by stable. It cannot go on; what it has seen stays on record."
      : "It is closed: no arm of it is shipped. What it has seen stays on record.";
  return el(
    "p",
    { class: "buttons" },
    button("Stop …", "stop-experiment", () =>
      ask({
        key: "stop-experiment",
        title: "Stop the experiment",
        says: [el("p", {}, el("code", {}, id)), el("p", {}, ends)],
        confirm: "Stop it",
        done: "The experiment is stopped.",
        send: (reason) => view.call("stopExperiment", { id, action: "stop", reason }),
      }),
    ),
    button("Ship an arm …", "ship-experiment", () => {
      const arm = choice(
        arms.filter(({ version: id }) => id !== "rules").map(({ name, version: id }) => [name, `${name}, ${id}`]),
      );
      ask({
        key: "ship-experiment",
        title: "Ship an arm",
        says: [
          el("p", {}, el("code", {}, id)),
          el(
            "p",
            {},
            "The experiment ends, and a deployment of that arm's version begins: with checks, shadow and stages, like any other.",
          ),
        ],
        fields: [{ path: "arm", label: "Arm", input: arm }],
        confirm: "Ship it",
        done: "The experiment has ended, and a deployment has begun.",
        send: (reason) => view.call("stopExperiment", { id, action: "ship", arm: arm.value, reason }),
      });
    }),
  );
}

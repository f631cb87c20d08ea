import type {
  Experiment,
  ExperimentAnalysis,
  ExperimentFigure,
  Recommendation,
} from "../../functions/src/experiment/schema.ts";
import { ask } from "./ask.ts";
import { button, type Child, el, facts, fold, tag, version, when } from "./dom.ts";
import { person, type Section, shown, type View } from "./view.ts";
import { counted, figure, percent, spoken } from "./words.ts";

const ACTIONS: Record<Recommendation["action"], [string, "good" | "bad" | "warn" | "plain"]> = {
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
      const open = all.find(({ phase }) => phase === "running") ?? all.find(({ phase }) => phase === "decided");
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

function seen({ at, recommendation, figures, sample_ratio, exposure, power }: ExperimentAnalysis): Child[] {
  const [words, tone] = ACTIONS[recommendation.action];
  const distrust = [sample_ratio, exposure].filter(({ ok }) => !ok);
  return [
    el("h3", {}, "Recommendation ", el("span", { class: "quiet" }, when(at))),
    el("p", {}, tag(words, tone), recommendation.arm === null ? "" : ` ${recommendation.arm}`),
    el("ul", {}, ...recommendation.reasons.map((reason) => el("li", {}, reason))),
    ...distrust.map(({ reason }) => el("p", { class: "note" }, reason)),
    power.reason === "" ? null : el("p", { class: "quiet" }, power.reason),
    figures.length > 0 && fold(`Metrics (${figures.length})`, "experiment-metrics", table(figures)),
  ];
}

function table(figures: readonly ExperimentFigure[]): HTMLElement {
  const row = (found: ExperimentFigure): HTMLElement => {
    const { arm, metric, group, primary, finding, effect, horizon, sequential, reason } = found;
    const interval = horizon ?? sequential;
    const tone = finding === "better" ? "good" : finding === "worse" ? "bad" : "plain";
    return el(
      "tr",
      { title: reason },
      el(
        "th",
        { scope: "row" },
        `${spoken(metric)}${group === null ? "" : `, ${group}`} `,
        el("span", { class: "quiet" }, `${arm}${primary ? ", primary" : ""}`),
      ),
      el("td", {}, tag(spoken(finding), tone)),
      el("td", { class: "number" }, figure(effect)),
      el("td", { class: "number" }, interval === null ? "–" : `${figure(interval.lower)} to ${figure(interval.upper)}`),
    );
  };
  const heads = ["Metric", "Finding", "Difference", "Interval"].map((head) => el("th", { scope: "col" }, head));
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": "Metrics of the experiment" },
    el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...figures.map(row))),
  );
}

function buttons({ id, phase }: Experiment, view: View): HTMLElement {
  return el(
    "p",
    { class: "buttons" },
    button("Stop …", "stop-experiment", () =>
      ask({
        key: "stop-experiment",
        title: "Stop the experiment",
        says: [
          el("p", {}, el("code", {}, id)),
          el(
            "p",
            {},
            phase === "running"
              ? "It ends here and now: everybody in its arms is answered by stable. It cannot go on; what it has seen stays on record."
              : "It is left as it is: no arm of it is shipped. What it has seen stays on record.",
          ),
        ],
        confirm: "Stop it",
        done: "The experiment is stopped.",
        send: (reason) => view.call("stopExperiment", { id, action: "stop", reason }),
      }),
    ),
  );
}

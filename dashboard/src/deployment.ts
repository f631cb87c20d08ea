import type { Analysis, Deployment, DeploymentPhase, MetricFigure } from "../../functions/src/deploy/schema.ts";
import { ask } from "./ask.ts";
import type { Requests } from "./call.ts";
import { button, type Child, el, facts, fold, type Tone, tag, version, when } from "./dom.ts";
import { figures, type Row } from "./figures.ts";
import { openDeployment } from "./live.ts";
import { person, type Section, shown, type View } from "./view.ts";
import { counted, percent, spoken } from "./words.ts";

const PHASES: Record<DeploymentPhase, string> = {
  checking: "The pre-deployment checks run; nobody is answered by it.",
  shadow: "In the shadow: its answers are judged, nobody gets them.",
  rolling: "A rising share of the visitors is answered by it, beside a control.",
  baking: "Everybody is answered by it; it becomes stable after the bake.",
  completed: "It is what everybody has.",
  rolled_back: "It did harm, or somebody went back: everybody has what was before it.",
  failed: "It did not pass before anybody was answered by it.",
  inconclusive: "Not enough data to decide: everybody has what was before it.",
  aborted: "A person, or another change of the routing, ended it.",
};

const TONES: Record<DeploymentPhase, Tone> = {
  checking: "plain",
  shadow: "plain",
  rolling: "plain",
  baking: "plain",
  completed: "good",
  rolled_back: "bad",
  failed: "bad",
  inconclusive: "warn",
  aborted: "warn",
};

const VERDICTS: Record<Analysis["verdict"], string> = {
  pass: "good enough beyond doubt",
  fail: "harm beyond doubt",
  inconclusive: "not sure yet",
  error: "could not be measured",
};

/** The deployment that goes on, or the last one. */
export const deployment: Section = {
  id: "deployment",
  title: "Deployment",
  render: (view) =>
    shown(view.state.deployments, "deployments", "", (all) => {
      const found = openDeployment(all) ?? all[0];
      if (found !== undefined) return about(found, view);
      return [el("p", { class: "quiet" }, "No version was ever deployed. One that proves better is, by itself.")];
    }),
};

function about(found: Deployment, view: View): Child[] {
  const { version: id, phase, started_at, ended_at, paused, promoted, halved, reason, requested_by, stage } = found;
  return [
    el("p", {}, tag(spoken(phase), TONES[phase]), " ", version(id)),
    el("p", {}, PHASES[phase]),
    way(found),
    paused
      ? el("p", { class: "note" }, "Paused ", when(paused.at), " by ", person(paused.by, view), `: ${paused.reason}`)
      : null,
    promoted && ended_at === null && promoted.stage === stage
      ? el(
          "p",
          { class: "note" },
          "To be promoted at the next look, by ",
          person(promoted.by, view),
          `: ${promoted.reason}`,
        )
      : null,
    halved && halved.restored_at === null
      ? el("p", { class: "note" }, "A guardrail of medium severity has halved its share ", when(halved.at), ".")
      : null,
    view.isAdmin && ended_at === null ? buttons(found, view) : null,
    facts(
      ended_at === null ? ["Began", when(started_at)] : ["Ended", when(ended_at)],
      ["Instead of", version(found.previous)],
      ["Asked for by", person(requested_by, view), `: ${reason}`],
      found.forecast && ended_at === null ? ["Forecast", found.forecast.says] : null,
    ),
    ...(found.analysis ? looked(found.analysis) : []),
    ...checks(found),
    ...log(found, view),
  ];
}

/** Where it stands on its way. */
function way({ stage, stages, phase, ended_at }: Deployment): HTMLElement {
  const here = ended_at !== null ? null : phase === "checking" ? "checks" : phase === "shadow" ? "shadow" : stage;
  const step = (name: string | number, words: string): HTMLElement =>
    el("li", name === here ? { "aria-current": "step" } : {}, words);
  const named = ["checks", "shadow"].map((name) => step(name, name));
  return el(
    "ol",
    { class: "way", "aria-label": "Stages" },
    ...named,
    ...stages.map((share, i) => step(i, percent(share))),
  );
}

function looked(analysis: Analysis): Child[] {
  const { at, verdict, severity, reason, visitors, figures: seen } = analysis;
  const tone = verdict === "fail" ? "bad" : verdict === "pass" ? "good" : verdict === "error" ? "warn" : "plain";
  const harms = seen.filter(({ finding }) => finding === "harm");
  return [
    el("h3", {}, "Latest look ", el("span", { class: "quiet" }, when(at))),
    el("p", {}, tag(VERDICTS[verdict], tone), severity ? ` ${severity} severity. ` : " ", reason),
    el(
      "p",
      { class: "quiet" },
      `${counted(visitors.treatment, "visitor")} of the candidate, ${counted(visitors.control, "visitor")} of the control.`,
    ),
    harms.length > 0 && el("ul", {}, ...harms.map(({ reason: why }) => el("li", {}, why))),
    figures("Every figure of it", "deployment-figures", seen.map(rowOf)),
  ];
}

function rowOf({ metric, scope, finding, estimate, lower, upper, reason }: MetricFigure): Row {
  const tone = finding === "harm" ? "bad" : finding === "passed" ? "good" : "plain";
  return {
    metric: spoken(metric),
    of: scope,
    finding: spoken(finding),
    tone,
    difference: estimate,
    lower,
    upper,
    reason,
  };
}

function checks({ checks: done }: Deployment): Child[] {
  if (done.length === 0) return [];
  const failed = done.filter(({ ok }) => !ok);
  const words = failed.length === 0 ? `${done.length} passed` : `${failed.length} of ${done.length} failed`;
  return [
    ...failed.map(({ name, message }) => el("p", { class: "note" }, `Check ${spoken(name)} failed: ${message}`)),
    fold(
      `Pre-deployment checks: ${words}`,
      "deployment-checks",
      el(
        "ul",
        { class: "log" },
        ...done.map(({ name, ok, message }) =>
          el("li", {}, tag(ok ? "passed" : "failed", ok ? "good" : "bad"), ` ${spoken(name)}: ${message}`),
        ),
      ),
    ),
  ];
}

/** Steps that are shown before anybody asks for all of them. */
const SHOWN = 4;

function log(found: Deployment, view: View): Child[] {
  const newest = found.log.toReversed();
  const line = ({ at, action, reason, by }: Deployment["log"][number]): HTMLElement =>
    el(
      "li",
      {},
      when(at),
      " ",
      el("b", {}, spoken(action)),
      by === "system" ? "" : " by ",
      by === "system" ? null : person(by, view),
      `: ${reason}`,
    );
  return [
    el("h3", {}, "How it got here"),
    el("ol", { class: "log" }, ...newest.slice(0, SHOWN).map(line)),
    newest.length > SHOWN &&
      fold(
        `Earlier steps (${newest.length - SHOWN})`,
        "deployment-log",
        el("ol", { class: "log" }, ...newest.slice(SHOWN).map(line)),
      ),
  ];
}

type Word = "pauseDeployment" | "resumeDeployment" | "promoteDeployment" | "abortDeployment";
type Told = Pick<Requests, Word>;

function buttons(found: Deployment, view: View): HTMLElement {
  const { id, version: candidate, previous, stage, stages, phase } = found;
  const next = stages[stage + 1];
  const tell = (name: keyof Told, label: string, done: string, ...says: string[]): HTMLButtonElement => {
    const key = `tell-${name}`;
    const question = {
      key,
      title: `${label} the deployment`,
      says: [el("p", {}, version(candidate)), ...says.map((text) => el("p", {}, text))],
      confirm: label,
      done,
      // The stage that is shown here is the one that is left, whatever became of the deployment meanwhile.
      send: (reason: string) =>
        name === "promoteDeployment" ? view.call(name, { id, stage, reason }) : view.call(name, { id, reason }),
    };
    return button(`${label} …`, key, () => ask(question));
  };
  return el(
    "p",
    { class: "buttons" },
    found.paused
      ? tell(
          "resumeDeployment",
          "Resume",
          "Resumed.",
          "It goes on where it was paused, and its stage's patience begins anew.",
        )
      : tell(
          "pauseDeployment",
          "Pause",
          "Paused.",
          "Who is answered by it stays, and nothing is raised until somebody resumes it. Guardrails go on: harm still ends it.",
        ),
    phase === "checking"
      ? null
      : tell(
          "promoteDeployment",
          "Promote",
          "To be promoted at the next look.",
          `It leaves ${stage < 0 ? "the shadow" : `its stage of ${percent(stages[stage] ?? 0)}`} at the next look, within minutes, without further patience: ${next === undefined ? "it becomes stable" : `${percent(next)} of the visitors are answered by it`}.`,
          "Not if it does harm or cannot be measured. Where the policy asks for an approval of that step, this is it. A pause ends with it.",
        ),
    tell(
      "abortDeployment",
      "Abort",
      "Aborted.",
      `It ends here and now: everybody is answered by ${previous === "rules" ? "the rules" : previous}, as before it.`,
      "It cannot be resumed; the version may be deployed anew.",
    ),
  );
}

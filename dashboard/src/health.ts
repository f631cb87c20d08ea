import type { Health } from "../../functions/src/monitor/schema.ts";
import { type Child, el, facts, fold, type Tone, tag, version, when } from "./dom.ts";
import { known, type State } from "./live.ts";
import { type Section, shown } from "./view.ts";
import { isSilent, spoken } from "./words.ts";

/** The policy's own default, put in when the page is built. */
declare const DEAD_MAN_MINUTES: number;

const TONES: Record<Health["status"], Tone> = {
  ok: "good",
  harm: "bad",
  outage: "bad",
  warning: "warn",
  insufficient_data: "plain",
};

/** What the last look at the version in service has found, and whether anybody looks. */
export const health: Section = {
  id: "health",
  title: "Health",
  render: ({ state }) => [
    ...shown(
      state.heartbeat,
      "heartbeats/monitor",
      "monitorHealth has left no sign of life yet: nobody watches the version in service.",
      ({ at, by, failed }) => [
        el(
          "p",
          { class: "quiet" },
          by === "watcher" ? "monitorHealth has not run yet; waited for since " : "monitorHealth ran ",
          when(at),
        ),
        failed.length > 0 && el("p", { class: "note" }, `Parts of it failed: ${failed.join(", ")}.`),
      ],
    ),
    ...shown(state.health, "health/live", "Nothing was looked at yet.", about),
  ],
};

function about({ at, version: id, status, action, reason, outages, findings, hourly, history }: Health): Child[] {
  return [
    el("p", {}, tag(spoken(status), TONES[status]), " ", version(id), " ", el("span", { class: "quiet" }, when(at))),
    el("p", {}, reason),
    action === "none" ? null : el("p", {}, `Done: ${spoken(action)}.`),
    ...outages.map((outage) => el("p", { class: "note" }, `Our own outage: ${outage}`)),
    findings.length > 0 &&
      el(
        "ul",
        {},
        ...findings.map(({ severity, metric, span, whose, reason: why }) =>
          el(
            "li",
            {},
            tag(severity, severity === "high" ? "bad" : "warn"),
            ` ${spoken(metric)}, ${span}, ${whose === "model" ? "the version's" : whose === "site" ? "the site's" : "unclear whose"}: ${why}`,
          ),
        ),
      ),
    facts(["Once an hour", hourly.says]),
    history.length > 1 &&
      fold(
        "Earlier verdicts",
        "health-history",
        el(
          "ol",
          { class: "log" },
          ...history
            .toReversed()
            .slice(1, 9)
            .map((then) => el("li", {}, when(then.at), " ", el("b", {}, spoken(then.status)), `: ${then.reason}`)),
        ),
      ),
  ];
}

/** What makes all that is shown below doubtful: there is no connection, or nobody watches. */
export function warnings(state: State, nowMs: number): Child[] {
  const cutOff = "There is no connection to Firestore. What is shown may be old; it goes on by itself.";
  return [state.isCutOff && el("p", { class: "banner", role: "alert" }, cutOff), silence(state, nowMs)];
}

function silence({ heartbeat, policy }: State, nowMs: number): Child {
  const beat = known(heartbeat);
  const minutes = known(policy)?.monitoring?.dead_man_minutes ?? DEAD_MAN_MINUTES;
  if (beat === undefined || !isSilent(beat, { nowMs, minutes })) return null;
  return el(
    "p",
    { class: "banner", role: "alert" },
    el("b", {}, "Nobody watches. "),
    "monitorHealth has left no sign of life since ",
    when(beat.at),
    `, more than ${minutes} minutes: look for its errors in the log, and in Cloud Scheduler whether its job is paused. Deployments go on under their own guardrails.`,
  );
}

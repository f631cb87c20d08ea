import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import { ask } from "./ask.ts";
import { button, type Child, el, type Tone, tag, version, when } from "./dom.ts";
import { known, type State } from "./live.ts";
import { choice, inUse, mayAnswer } from "./traffic.ts";
import { guarded, type Section, shown, type View } from "./view.ts";
import { counted, points, signed, spoken } from "./words.ts";

/** Every version that was made, the newest first. */
export const versions: Section = {
  id: "versions",
  title: "Versions",
  render: (view) =>
    shown(view.state.versions, "model_versions", "", (all) => {
      if (all.length === 0)
        return [el("p", { class: "quiet" }, "None yet: the rules answer until a training has made one.")];
      const rows = all.map((made) =>
        el("li", {}, ...guarded(`model_versions/${made.version}`, () => about(made, view))),
      );
      return [el("ol", { class: "versions" }, ...rows)];
    }),
};

const VERDICTS: Record<ModelVersion["gate"]["verdict"], Tone> = {
  better: "good",
  worse: "bad",
  not_better: "plain",
  not_enough_data: "plain",
  awaiting_evidence: "plain",
};

function about(made: ModelVersion, view: View): Child[] {
  const { version: id, created_at, gate, lineage, quarantined, removed } = made;
  const against = gate.against === "rules" ? "the rules" : "the one in service then";
  return [
    el(
      "p",
      {},
      version(id),
      " ",
      ...places(id, view.state).map((place) => tag(place, "good")),
      quarantined ? tag("quarantined", "bad") : null,
      removed ? tag("removed") : null,
    ),
    el(
      "p",
      {},
      tag(spoken(gate.verdict), VERDICTS[gate.verdict]),
      ` ${points(gate.accuracy_difference)} of accuracy against ${against}`,
      gate.log_loss_improvement === undefined ? "" : `, log-loss ${signed(-gate.log_loss_improvement.value, 3)}`,
      gate.sessions === undefined ? "" : `, on ${counted(gate.sessions, "session")}`,
    ),
    el("p", { class: "quiet" }, gate.reason),
    quarantined ? el("p", { class: "note" }, `${quarantined.file} is damaged: ${quarantined.reason}`) : null,
    removed ? el("p", { class: "quiet" }, "Its files were deleted ", when(removed.at), `: ${removed.why}`) : null,
    el(
      "p",
      { class: "quiet" },
      "Made ",
      when(created_at),
      `, ${lineage.kind}, `,
      lineage.parent === null ? "without a parent" : "from ",
      lineage.parent === null ? null : version(lineage.parent),
    ),
    view.isAdmin && mayAnswer(made) && !isOnItsWay(id, view.state)
      ? el(
          "p",
          { class: "buttons" },
          button("Deploy …", `deploy-${id}`, () => deploy(id, view), { "aria-label": `Deploy … (${id})` }),
        )
      : null,
  ];
}

/** Where a version is in the routing. */
function places(id: string, { inForce }: State): string[] {
  const routing = known(inForce);
  if (routing === undefined) return [];
  return [
    routing.stable === id && "in service",
    routing.previous_good === id && "previous good",
    routing.canary?.version === id && "candidate",
    routing.shadow?.version === id && "shadow",
    routing.experiment?.arms.some((arm) => arm.version === id) === true && "in an experiment",
  ].filter((place) => place !== false);
}

/** In service, or deployed just now. */
function isOnItsWay(id: string, { inForce }: State): boolean {
  const routing = known(inForce);
  return [routing?.stable, routing?.canary?.version, routing?.shadow?.version].includes(id);
}

function deploy(id: string, view: View): void {
  const chosen = choice(
    inUse(view.state).map((one) => [one, one]),
    id,
  );
  ask({
    key: `deploy-${id}`,
    title: "Deploy a version",
    says: [
      el(
        "p",
        {},
        "It is checked, judged in the shadow, and given a rising share of the visitors, whatever its gate has said. Each stage must be good enough beyond doubt, harm ends it at once, and everybody's traffic bakes before it becomes stable.",
      ),
      el("p", {}, "Refused while another deployment goes on."),
    ],
    fields: [{ path: "version", label: "Version", input: chosen }],
    confirm: "Deploy",
    done: "A deployment has begun with its checks.",
    send: (reason) => view.call("deployVersion", { version: chosen.value, reason }),
  });
}

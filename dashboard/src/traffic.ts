import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import type { ChangeRequest, ModelChange, Routing, ServedVersion } from "../../functions/src/serve/schema.ts";
import { ask, type Field } from "./ask.ts";
import { bar, button, type Child, el, facts, fold, version, when } from "./dom.ts";
import { known, type State } from "./live.ts";
import { split } from "./split.ts";
import { guarded, person, type Section, shown, type View } from "./view.ts";
import { byVersion, percent } from "./words.ts";

const ARMS: Record<string, string> = {
  stable: "everybody else",
  holdback: "always the rules, to know what models are worth",
  control: "stable, compared with treatment",
  treatment: "the candidate of the deployment",
};

/** Who is answered by what. */
export const traffic: Section = {
  id: "traffic",
  title: "Traffic now",
  render: (view) => [
    ...waiting(view.state),
    ...shown(
      view.state.inForce,
      "routing/live/journal",
      "No change of the routing is on record: the rules answer everybody. The first version comes from a training (callable retrain, or by itself once there are logs enough), passes the gate, and is then deployed step by step.",
      (routing) => inForce(routing, view),
    ),
    ...(view.isAdmin && isThereAChoice(view.state) ? [buttons(view)] : []),
  ],
};

/** An edit by hand is in nobody's use before it is judged: what stands in the document is not what is answered then. */
function waiting({ written, isEdited }: State): Child[] {
  if (written.kind === "failed") {
    return [el("p", { class: "unreadable" }, `routing/live cannot be read: ${written.reason}`)];
  }
  if (!isEdited) return [];
  const says =
    "routing/live was edited or deleted by hand, and that is not judged yet. In force is still what follows.";
  return [el("p", { class: "note" }, says)];
}

function inForce(routing: Routing, view: View): Child[] {
  const { revision, previous_good, shadow, written_by, updated_at, reason } = routing;
  const portions = split(routing);
  const answers = byVersion(portions).flatMap(([id, share], i): Child[] => [
    i === 0 ? "" : ", ",
    el("b", {}, percent(share)),
    i === 0 ? " of the visitors are answered by " : " by ",
    version(id),
  ]);
  return [
    el("p", {}, ...answers, "."),
    el("ul", { class: "arms", "aria-label": "Arms" }, ...portions.map(portion)),
    shadow === null ? null : el("p", {}, "In the shadow, answering nobody: ", version(shadow.version), "."),
    facts(
      ["Previous good", version(previous_good)],
      ["Revision", `${revision}, `, when(updated_at), " by ", person(written_by, view)],
      ["Why", reason],
    ),
    ...changed(view),
  ];
}

function portion({ arm, version: id, share }: ReturnType<typeof split>[number]): HTMLElement {
  return el(
    "li",
    {},
    el("span", { class: "share" }, percent(share)),
    bar(share),
    el("span", { class: "what" }, el("b", {}, arm), " ", version(id)),
    el("span", { class: "quiet" }, ARMS[arm] ?? "an arm of the experiment"),
  );
}

function changed(view: View): Child[] {
  const changes = known(view.state.changes) ?? [];
  if (changes.length === 0) return [];
  const line = ({ at, from, to, who, why }: ModelChange): Child[] => [
    el("li", {}, when(at), " ", version(from), " → ", version(to), ", by ", person(who, view), `: ${why}`),
  ];
  return [
    fold(
      "Changes of the model in service",
      "changes",
      el("ul", { class: "log" }, ...changes.flatMap((change) => guarded("change_log", () => line(change)))),
    ),
  ];
}

/** Without a change on record and without a version there are the rules and nothing else. */
function isThereAChoice(state: State): boolean {
  return known(state.inForce) !== undefined || inUse(state).length > 0;
}

function buttons(view: View): HTMLElement {
  return el(
    "p",
    { class: "buttons" },
    button("Go back …", "go-back", () => goBack(view)),
    button("Change who answers …", "change-routing", () => changeRouting(view)),
  );
}

function goBack(view: View): void {
  const routing = known(view.state.inForce);
  const stable = routing?.stable ?? "rules";
  const previous = routing?.previous_good ?? "rules";
  const isAlone =
    routing !== undefined && routing.canary === null && routing.shadow === null && routing.experiment === null;
  // What was last done is what is undone first: a candidate before what is stable.
  const undone = routing?.canary ? stable : previous;
  const targets = [...new Set<ServedVersion>([undone, previous, "rules", ...inUse(view.state)])].filter(
    (target) => !isAlone || target !== stable,
  );
  const named = (target: string): string =>
    [
      target === "rules" ? "the rules" : target,
      target === previous && "previous good",
      target === stable && (routing?.canary ? "stable now: only the candidate goes" : "stable now"),
    ]
      .filter(Boolean)
      .join(", ");
  const target = choice(
    targets.map((id) => [id, named(id)]),
    undone,
  );
  ask({
    key: "go-back",
    title: "Go back",
    says: [
      el(
        "p",
        {},
        `Everybody but the holdback${routing === undefined ? "" : ` (${percent(routing.holdback_share)})`} is answered by what you choose, at once: running instances see it within seconds. No analysis is waited for; only the version's files are checked.`,
      ),
      el("p", {}, "A deployment or an experiment that goes on ends with it. Previous good stays what it is."),
      answeredNow(routing),
    ],
    fields: [{ path: "target", label: "Back to", input: target }],
    confirm: "Go back",
    // Always by name: what was read here is what happens, whatever somebody else does meanwhile.
    send: (reason) => view.call("rollback", { target: target.value, reason }),
    done: "Gone back: the routing in force is shown below.",
  });
}

function changeRouting(view: View): void {
  const routing = known(view.state.inForce);
  const based_on = routing?.revision ?? 0;
  const stable = routing?.stable ?? "rules";
  const versions = [...new Set<ServedVersion>([stable, "rules", ...inUse(view.state)])];
  const wanted = choice(
    versions.map((id) => [id, `${id === "rules" ? "the rules" : id}${id === stable ? " (as now)" : ""}`]),
  );
  const fields: Field[] = [{ path: "stable", label: "Stable", input: wanted }];
  const parts: (() => ChangeRequest["change"])[] = [() => (wanted.value === stable ? {} : { stable: wanted.value })];
  if (routing?.canary) {
    const { version: id, share } = routing.canary;
    const now = String(Number((share * 100).toFixed(2)));
    const given = el("input", { inputmode: "decimal", autocomplete: "off", value: now });
    const hint = `${id}. Empty takes it out of the traffic and ends its deployment; another share than its stage's holds the deployment until it is put back.`;
    fields.push({
      path: "canary",
      label: "Candidate, per cent of the visitors outside the holdback",
      input: given,
      hint,
    });
    parts.push(() => {
      const typed = given.value.trim();
      if (typed === now) return {};
      return { canary: typed === "" ? null : { share: Number(typed.replace(",", ".").replace(/\s*%$/, "")) / 100 } };
    });
  }
  for (const [part, label] of [
    ["shadow", "Candidate in the shadow"],
    ["experiment", "Experiment"],
  ] as const) {
    if (!routing?.[part]) continue;
    const stays = choice([
      ["stays", "stays"],
      ["goes", "is taken out, which ends it"],
    ]);
    fields.push({ path: part, label, input: stays });
    parts.push(() => (stays.value === "goes" ? { [part]: null } : {}));
  }
  ask({
    key: "change-routing",
    title: "Change who answers",
    says: [
      el(
        "p",
        {},
        "Holds at once. Nothing is checked but that a version named here can answer: to bring a version to everyone step by step, deploy it instead.",
      ),
      el("p", {}, `Based on revision ${based_on}: should somebody change the routing meanwhile, this is refused.`),
      answeredNow(routing),
    ],
    fields,
    confirm: "Change",
    send: (reason) => {
      const change: ChangeRequest["change"] = Object.assign({}, ...parts.map((part) => part()));
      return view.call("setRouting", { change, based_on, reason });
    },
    done: "Changed: the routing in force is shown below.",
  });
}

function answeredNow(routing: Routing | undefined): HTMLElement {
  const words =
    routing === undefined
      ? "the rules, everybody"
      : split(routing)
          .map(({ arm, version: id, share }) => `${arm} ${percent(share)} ${id}`)
          .join("; ");
  return el("p", { class: "quiet" }, `Now: ${words}.`);
}

/** Versions that may be put in service. */
export function inUse(state: State): string[] {
  return (known(state.versions) ?? []).filter(mayAnswer).map(({ version: id }) => id);
}

/** Whether a version is whole: neither damaged nor removed. */
export function mayAnswer({ quarantined, removed }: ModelVersion): boolean {
  return quarantined === undefined && removed === undefined;
}

/** A list to choose from: values with their words. */
export function choice(options: readonly (readonly [string, string])[], chosen?: string): HTMLSelectElement {
  return el(
    "select",
    {},
    ...options.map(([value, words]) => el("option", { value, selected: value === chosen }, words)),
  );
}

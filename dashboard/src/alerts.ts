import type { Alert } from "../../functions/src/shared/schema.ts";
import { ask, type Question } from "./ask.ts";
import { button, type Child, el, facts, fold, tag, when } from "./dom.ts";
import { guarded, person, type Section, shown, type View } from "./view.ts";
import { bySeverity, spoken } from "./words.ts";

/** What a person should see, the most severe first. */
export const alerts: Section = {
  id: "alerts",
  title: "Open alerts",
  render: (view) =>
    shown(view.state.alerts, "alerts", "", (open) => {
      if (open.length === 0) return [el("p", { class: "quiet" }, "None: nothing asks for a person.")];
      const items = open
        .toSorted(bySeverity)
        .map((alert) => el("li", {}, ...guarded(`alerts/${alert.id}`, () => about(alert, view))));
      return [el("ul", { class: "alerts" }, ...items)];
    }),
};

const TONES = { high: "bad", medium: "warn", low: "plain" } as const satisfies Record<Alert["severity"], string>;

function about(alert: Alert, view: View): Child[] {
  const { id, at, severity, kind, subject = "", message, to_do = "", count = 1, last_at, seen, details } = alert;
  const shownDetails = Object.entries(details ?? {});
  return [
    el(
      "p",
      {},
      tag(severity, TONES[severity]),
      " ",
      el("b", {}, spoken(kind)),
      seen ? " · seen by " : "",
      seen ? person(seen.by, view) : null,
    ),
    el("p", {}, message),
    to_do === "" ? null : el("p", { class: "todo" }, el("b", {}, "To do: "), to_do),
    el(
      "p",
      { class: "quiet" },
      "Since ",
      when(at),
      count === 1 || !last_at ? null : ", ",
      ...(count === 1 || !last_at ? [] : [`raised ${count} times, last `, when(last_at)]),
      subject === "" ? "" : ` · ${subject}`,
    ),
    shownDetails.length > 0 &&
      fold(
        "Details",
        `alert-details-${id}`,
        facts(
          ...shownDetails.map(([name, is]): [string, string] => [
            spoken(name),
            typeof is === "string" ? is : JSON.stringify(is),
          ]),
        ),
      ),
    view.isAdmin ? buttons(alert, view) : null,
  ];
}

function buttons({ id, kind, message, seen }: Alert, view: View): HTMLElement {
  const word = (resolved: boolean, of: { label: string; title: string; says: string; confirm: string }) => {
    const { label, title, says, confirm } = of;
    const name = label.toLowerCase();
    const question: Question = {
      key: `${name}-${id}`,
      title,
      says: [el("p", {}, el("b", {}, spoken(kind)), `: ${message}`), el("p", {}, says)],
      confirm,
      done: `On record: ${name}.`,
      send: (reason) => view.call("acknowledgeAlert", { id, resolved, reason }),
    };
    return button(`${label} …`, question.key, () => ask(question), { "aria-label": `${label} … (${spoken(kind)})` });
  };
  return el(
    "p",
    { class: "buttons" },
    !seen &&
      word(false, {
        label: "Seen",
        title: "You have seen it",
        says: "No more reminders and repetitions are sent, unless it gets worse. It stays open.",
        confirm: "I have seen it",
      }),
    word(true, {
      label: "Settled",
      title: "Its matter is settled",
      says: "The alert is closed, and who was told of it is told that. It changes nothing else; raised again, it is another alert.",
      confirm: "It is settled",
    }),
  );
}

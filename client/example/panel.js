import { make } from "./elements.js";

const REFRESH_MS = 1000;

/** The panel: what was asked, what was answered, and what would be told if the page were left now. */
export function startPanel(perennial) {
  const panel = document.querySelector("#panel");
  const body = document.querySelector("#panel-body");
  const draw = () => {
    if (!panel.open) return;
    // Who reads or scrolls in it stays where they are.
    const before = [...body.querySelectorAll("pre")].map(({ scrollTop }) => scrollTop);
    const focused = [...body.querySelectorAll("pre")].indexOf(document.activeElement);
    const top = body.scrollTop;
    body.replaceChildren(...sections(perennial.state()));
    const after = body.querySelectorAll("pre");
    before.forEach((scrollTop, i) => {
      after[i]?.scrollTo({ top: scrollTop });
    });
    after[focused]?.focus({ preventScroll: true });
    body.scrollTo({ top });
  };
  perennial.onChange(draw);
  panel.addEventListener("toggle", draw);
  // Durations grow by themselves.
  setInterval(draw, REFRESH_MS);
}

function sections(state) {
  if (!state.consent) {
    const words = "Nothing is asked, sent or stored: this visitor has not agreed, or their browser says no.";
    return [section("Consent", make("p", {}, words))];
  }
  const { prediction, design, served, outcome, context, log } = state;
  const confidence = Object.entries(prediction?.prediction_confidence ?? {}).map(
    ([group, p]) => `${group} ${p.toFixed(2)}`,
  );
  return [
    section(
      "Answer",
      list({
        version: prediction?.model_version ?? "none yet",
        arm: prediction?.arm ?? "",
        outcome: outcome ?? "waiting",
        served,
        propensity: prediction?.propensity?.toFixed(4) ?? "",
        confidence: confidence.join(", "),
        prediction: prediction?.prediction_id ?? "",
      }),
    ),
    section("Design on this page", designOf(design)),
    section("Context that was asked with", code(context, "The context as JSON")),
    section(
      "The log, as it would be sent now",
      code({ ...log, receipt: log?.receipt?.slice(0, 24) }, "The log as JSON"),
    ),
  ];
}

function designOf(design) {
  if (design === null)
    return make("p", {}, "The page's own; a design that comes after painting is kept for the next page.");
  const rows = { classes: design.css_classes.join(" "), ...design.css_variables };
  const drawn = list(rows);
  drawn.querySelector("dd")?.prepend(make("span", { class: "swatch" }));
  return drawn;
}

function section(title, content) {
  return make("section", {}, make("h3", {}, title), content);
}

function list(rows) {
  const entries = Object.entries(rows).filter(([, value]) => value !== "");
  return make("dl", {}, ...entries.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
}

/** JSON that a keyboard can scroll. */
function code(value, name) {
  return make("pre", { tabindex: "0", role: "region", "aria-label": name }, JSON.stringify(value, null, 2));
}

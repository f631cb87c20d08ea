import type { Refusal } from "./call.ts";
import { type Child, el, focusOn } from "./dom.ts";

/** A field of a dialog; `path` is its name in the callable's issues. */
export interface Field {
  path: string;
  label: string;
  input: HTMLInputElement | HTMLSelectElement;
  hint?: string;
}

/** What is about to be done. */
export interface Question {
  /** Key of what was pressed, which gets the focus back. */
  key: string;
  title: string;
  /** What will happen. */
  says: Child[];
  fields?: Field[];
  /** On the button that does it. */
  confirm: string;
  send(reason: string): Promise<Refusal | null>;
  /** What was done, in words. */
  done: string;
}

/** Asks for a reason and does it. On a refusal everything stays as it was typed, and the refusal stands beside what it is about. */
export function ask({ key, title, says, fields = [], confirm, send, done }: Question): void {
  const reason = el("textarea", { rows: 3, maxlength: 500 });
  const rows = [...fields, { path: "reason", label: "Reason (goes on record)", input: reason }].map(rowOf);
  const refused = el("div", { role: "alert", class: "refused" });
  const cancel = el("button", { type: "button" }, "Cancel");
  const submit = el("button", { type: "submit", class: "primary" }, confirm);
  const form = el(
    "form",
    { novalidate: true },
    el("h2", { id: "ask-title" }, title),
    ...says,
    ...rows.map(({ row }) => row),
    refused,
    el("p", { class: "buttons" }, submit, cancel),
  );
  const dialog = el("dialog", { "aria-labelledby": "ask-title" }, form);
  let isUnderWay = false;
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("cancel", (event) => {
    if (isUnderWay) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    focusOn(key);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isUnderWay) void act();
  });
  document.body.append(dialog);
  dialog.showModal();

  async function act(): Promise<void> {
    isUnderWay = true;
    for (const pressed of [submit, cancel]) pressed.disabled = true;
    submit.textContent = "Under way …";
    const refusal = await send(reason.value);
    isUnderWay = false;
    for (const pressed of [submit, cancel]) pressed.disabled = false;
    submit.textContent = confirm;
    if (refusal === null) {
      dialog.close();
      say(done);
    } else show(refusal);
  }

  function show({ message, issues }: Refusal): void {
    const left = issues.filter((issue) => !rows.some(({ path }) => isOf(issue.path, path)));
    for (const { path, input, wrong } of rows) {
      const own = issues.filter((issue) => isOf(issue.path, path));
      wrong.textContent = own.map((issue) => issue.message).join("; ");
      input.setAttribute("aria-invalid", String(own.length > 0));
    }
    // What stands beside its field is not said twice.
    const isSaid = issues.length > 0 && left.length === 0;
    refused.replaceChildren(
      el(
        "p",
        {},
        isSaid ? "Not done: see the fields above." : issues.length > 0 ? "Not done:" : `Not done: ${message}`,
      ),
      ...(left.length === 0
        ? []
        : [el("ul", {}, ...left.map(({ path, message }) => el("li", {}, `${path}: ${message}`)))]),
    );
    (rows.find(({ input }) => input.getAttribute("aria-invalid") === "true")?.input ?? submit).focus();
  }
}

/** Says in a line that is read aloud, too, what was done. */
export function say(text: string): void {
  const said = document.querySelector("#said");
  if (said) said.textContent = text;
}

function rowOf({ path, label, input, hint }: { path: string; label: string; input: HTMLElement; hint?: string }) {
  const id = `ask-${path}`;
  const wrong = el("span", { id: `${id}-wrong`, class: "wrong" });
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-wrong`);
  const row = el(
    "div",
    { class: "field" },
    el("label", { for: id }, label),
    input,
    el("span", { id: `${id}-hint`, class: "quiet" }, hint ?? ""),
    wrong,
  );
  return { path, input, wrong, row };
}

/** Whether an issue is of a field: issues of a change name it with and without the word before it. */
function isOf(issue: string, field: string): boolean {
  const path = issue.replace(/^change\./, "");
  return path === field || path.startsWith(`${field}.`);
}

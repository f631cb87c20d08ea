import { askAgain } from "./consent.js";
import { make } from "./elements.js";

const CHOICES = {
  theme: ["light", "dark", "auto"],
  font: ["sans", "serif", "mono"],
  density: ["low", "medium", "high"],
};

/** What the visitor chooses and says: their own choice wins over every model. */
export function showSettings(perennial, texts) {
  const selects = Object.entries(CHOICES).map(([group, values]) => {
    const options = values.map((value) => make("option", { value }, texts[value]));
    const select = make("select", { "data-choice": group }, make("option", { value: "" }, texts.asOffered), ...options);
    select.addEventListener("change", () => {
      if (select.value !== "") perennial.setPreference({ [group]: select.value });
    });
    return make("label", {}, texts[group], select);
  });
  const marks = [1, 2, 3, 4, 5].map((mark) => {
    const label = `${mark} ${texts.outOf}`;
    const button = make("button", { type: "button", "data-mark": String(mark), "aria-label": label }, String(mark));
    button.addEventListener("click", () => {
      perennial.feedback({ satisfaction: mark });
      for (const other of marks) other.setAttribute("aria-pressed", String(other === button));
    });
    return button;
  });
  const forget = make("button", { type: "button", "data-forget": "" }, texts.forget);
  forget.addEventListener("click", () => {
    perennial.forget();
    askAgain();
  });
  const question = make("fieldset", {}, make("legend", {}, texts.howIsIt), ...marks);
  document.querySelector("#settings").replaceChildren(...selects, question, forget);
}

import { make } from "./elements.js";

/** Whether the visitor has said no on this page: nothing may be stored, so the next page asks again. */
let refused = false;

/** Asks for agreement until there is an answer. */
export function showConsent(perennial, texts) {
  const banner = document.querySelector("#consent");
  const title = make("h2", { id: "consent-title" }, texts.consentTitle);
  const accept = make("button", { type: "button", class: "primary", "data-consent": "yes" }, texts.consentYes);
  const decline = make("button", { type: "button", "data-consent": "no" }, texts.consentNo);
  accept.addEventListener("click", () => {
    perennial.setConsent(true, "example-1");
    banner.hidden = true;
  });
  decline.addEventListener("click", () => {
    refused = true;
    perennial.setConsent(false);
    banner.hidden = true;
  });
  const choices = make("div", { class: "choices" }, accept, decline);
  banner.replaceChildren(title, make("p", {}, texts.consentText), choices);
  banner.hidden = refused || perennial.state().consent;
}

/** Asks again, on a page that has forgotten. */
export function askAgain() {
  refused = false;
  document.querySelector("#consent").hidden = false;
}

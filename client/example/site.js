// The example site: words in the visitor's language, stories that open in place, appearance, consent, and the panel.
import { showConsent } from "./consent.js";
import { make } from "./elements.js";
import { startPanel } from "./panel.js";
import { showSettings } from "./settings.js";
import { LANGUAGES, TEXTS } from "./texts.js";

// A page must work without the library, too: blocked, or not there yet.
const perennial = globalThis.perennial;
const wanted = new URLSearchParams(location.search).get("lang");
let language = [wanted, ...navigator.languages.map((tag) => tag.slice(0, 2)), "en"].find((tag) => tag in TEXTS);

function show() {
  const texts = TEXTS[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = texts[element.dataset.text];
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", texts[element.dataset.label]);
  }
  for (const element of document.querySelectorAll("[data-html]")) {
    const sections = texts[element.dataset.html].map(([title, ...paragraphs]) =>
      make("section", {}, make("h2", {}, title), ...paragraphs.map((words) => make("p", {}, words))),
    );
    element.replaceChildren(...sections);
  }
  document
    .querySelector("#ways")
    ?.replaceChildren(
      ...texts.ways.map(([from, ...cells]) =>
        make("tr", {}, make("th", { scope: "row" }, from), ...cells.map((cell) => make("td", {}, cell))),
      ),
    );
  document.querySelector("#cards")?.replaceChildren(
    ...texts.stories.map(({ title, teaser }, i) => {
      const link = make("a", { href: `/stories/${i + 1}`, "data-story": String(i) }, title);
      return make("li", {}, make("h3", {}, link), make("p", {}, teaser));
    }),
  );
  const buttons = LANGUAGES.map(({ tag, name }) => {
    const button = make("button", { type: "button", lang: tag, "aria-pressed": String(tag === language) }, name);
    button.addEventListener("click", () => {
      language = tag;
      show();
    });
    return button;
  });
  document.querySelector("#languages").replaceChildren(...buttons);
  route();
  if (perennial !== undefined) {
    showConsent(perennial, texts);
    showSettings(perennial, texts);
  }
}

/** Shows the story whose path it is, or the front page: a single-page application in little. */
function route() {
  const story = document.querySelector("#story");
  if (story === null) return;
  const number = /^\/stories\/(\d+)/.exec(location.pathname)?.[1];
  const told = TEXTS[language].stories[Number(number) - 1];
  document.querySelector("#home").hidden = told !== undefined;
  story.hidden = told === undefined;
  if (told === undefined) {
    document.title = TEXTS[language].documentTitle;
    return;
  }
  document.title = `${told.title} · Refugio Alto`;
  const back = make("a", { href: "/", "data-back": "" }, TEXTS[language].back);
  const paragraphs = told.paragraphs.map((words) => make("p", {}, words));
  story.replaceChildren(make("p", {}, back), make("h1", {}, told.title), ...paragraphs);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-story], a[data-back]");
  if (link === null || link === undefined || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  route();
  scrollTo({ top: 0, behavior: "instant" });
  document.querySelector("#main").focus({ preventScroll: true });
});
addEventListener("popstate", route);

const opener = document.querySelector("#settings-open");
opener.addEventListener("click", () => {
  const settings = document.querySelector("#settings");
  settings.hidden = !settings.hidden;
  opener.setAttribute("aria-expanded", String(!settings.hidden));
});

show();
if (perennial === undefined) document.querySelector(".panel").remove();
else startPanel(perennial);

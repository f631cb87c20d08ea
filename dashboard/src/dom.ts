import { ago, exactly } from "./words.ts";

/** What an element may hold; text is always text, whatever a document says. */
export type Child = Node | string | false | null;

type Attributes = Record<string, string | number | boolean | undefined>;

/** Makes an element; attributes that are false or undefined are left out, true is an empty one. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A button; by its key it has the focus again after its section was rendered anew. */
export function button(label: string, key: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = el("button", { type: "button", "data-key": key, ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

/** A folded part; by its key it stays open when its section is rendered anew. */
export function fold(summary: string, key: string, ...children: Child[]): HTMLDetailsElement {
  return el("details", { "data-key": key }, el("summary", {}, summary), ...children);
}

/** A time in words, with the exact one in its title. */
export function when(iso: string): HTMLTimeElement {
  return el("time", { datetime: iso, title: exactly(iso) }, ago(iso, Date.now()));
}

/** Lets the words of all times on the page go on. */
export function tick(): void {
  for (const time of document.querySelectorAll("time")) time.textContent = ago(time.dateTime, Date.now());
}

/** Pairs of a term and what it is. */
export function facts(...pairs: ([string, ...Child[]] | null)[]): HTMLDListElement {
  const rows = pairs.flatMap((pair) => (pair === null ? [] : [pair]));
  return el("dl", {}, ...rows.map(([term, ...is]) => el("div", {}, el("dt", {}, term), el("dd", {}, ...is))));
}

/** How something is taken; never told by colour alone. */
export type Tone = "good" | "bad" | "warn" | "plain";

/** A label of so many words. */
export function tag(text: string, tone: Tone = "plain"): HTMLSpanElement {
  return el("span", { class: `tag ${tone}` }, text);
}

/** A version as it is written everywhere, or the rules. */
export function version(id: string): HTMLElement {
  return id === "rules" ? el("span", {}, "the rules") : el("code", {}, id);
}

/** A share as a bar; what it says in words stands beside it. */
export function bar(share: number): HTMLElement {
  const filled = el("span", { class: "filled" });
  // By the CSSOM: the page's policy allows no style attributes.
  filled.style.inlineSize = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return el("span", { class: "bar", "aria-hidden": "true" }, filled);
}

/**
 * Puts new content into a part of the page. What shows the same already stays, so that nobody's place or selection is lost; else
 * folded parts that were open stay open, and the focus stays where it was.
 */
export function put(into: Element, ...children: Child[]): void {
  const next = into.cloneNode(false) as Element;
  next.append(...children.filter((child) => child !== null && child !== false));
  const open = [...into.querySelectorAll<HTMLDetailsElement>("details[open]")].map(keyOf);
  for (const details of next.querySelectorAll("details")) if (open.includes(keyOf(details))) details.open = true;
  if (into.isEqualNode(next)) return;
  const focused = into.contains(document.activeElement) ? keyOf(document.activeElement) : undefined;
  into.replaceChildren(...next.childNodes);
  if (focused !== undefined) focusOn(focused);
}

/** Gives the focus to what has this key, if it is still there; in a folded part to its summary. */
export function focusOn(key: string): void {
  const found = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  (found?.querySelector("summary") ?? found)?.focus();
}

function keyOf(element: Element | null): string | undefined {
  const keyed = element?.closest<HTMLElement>("[data-key]");
  return keyed?.dataset["key"];
}

import type { Refusal, Requests } from "./call.ts";
import { type Child, el } from "./dom.ts";
import type { Live, State } from "./live.ts";

/** What a section is made from. */
export interface View {
  state: State;
  /** Only admins have buttons; that others may not is the functions' own judgement. */
  isAdmin: boolean;
  uid: string;
  call<K extends keyof Requests>(name: K, data: Requests[K]): Promise<Refusal | null>;
}

/** A part of the page. */
export interface Section {
  id: string;
  title: string;
  render(view: View): Child[];
}

/** What a document shows, or why it shows nothing. */
export function shown<T>(found: Live<T>, path: string, missing: string, show: (value: T) => Child[]): Child[] {
  switch (found.kind) {
    case "loading":
      return [el("p", { class: "quiet" }, "Loading …")];
    case "missing":
      return [el("p", { class: "quiet" }, missing)];
    case "failed":
      return [unreadable(path, found.reason)];
    case "there":
      return guarded(path, () => show(found.value));
  }
}

/** What `show` makes, or that the document is not what it should be: one that is spoilt hides none of the others. */
export function guarded(path: string, show: () => Child[]): Child[] {
  try {
    return show();
  } catch (error) {
    return [unreadable(path, error instanceof Error ? error.message : String(error))];
  }
}

/** A person by the id, shorter; the whole of it in the title. */
export function person(id: string, { uid }: View): HTMLElement {
  if (id === uid) return el("span", { title: id }, "you");
  return el("span", { title: id }, id.length > 16 ? `${id.slice(0, 12)}…` : id);
}

function unreadable(path: string, reason: string): HTMLElement {
  return el("p", { class: "unreadable" }, `${path} cannot be read: ${reason}`);
}

import { Watch } from "./behaviour.ts";
import { localIso, userContext } from "./context.ts";
import { apply, chosenClasses, isPainted, isSame, unapply, whenShown, withChoices } from "./design.ts";
import { post, sendWaiting } from "./outbox.ts";
import { randomId, store } from "./store.ts";
import type { Consent, Design, Feedback, History, Outcome, Prediction, Preference, Served } from "./types.ts";

/** How the library is started. */
export interface Options {
  /** Where predict and ingest are: `/api` by default, for `/api/predict` and `/api/logs`. */
  endpoint?: string;
  /** Milliseconds for which an answer is waited for; one that is late is kept for the next page. 1000 by default. */
  timeoutMs?: number;
  /** Consent that the page has already; without it, `setConsent` is waited for. */
  consent?: boolean;
  /** Version of the text that was agreed to. */
  policy?: string;
  /** Whether Do-Not-Track is honoured beside Global Privacy Control, which always is. True by default. */
  doNotTrack?: boolean;
  /** Told whenever something has changed: for panels and tests. */
  onChange?: (state: State) => void;
}

/** What is going on. */
export interface State {
  consent: boolean;
  served: Served;
  outcome: Outcome | null;
  design: Design | null;
  prediction: Prediction | null;
  context: Record<string, unknown> | null;
  /** What would be sent if the page were left now. */
  log: Record<string, unknown> | null;
}

/** Milliseconds without a visit after which the next one is a new session. */
const SESSION_MS = 30 * 60_000;
/** Milliseconds after which a page that comes back asks anew: its log can no longer be amended (the server's 45 minutes, less a margin). */
const VISIT_MS = 40 * 60_000;

/** What is known of the session under way, and of those before it. */
interface Memory {
  visitor: string;
  session: string;
  lastMs: number;
  /** Earlier sessions; undefined in the first. */
  history?: History;
  /** The session under way, so far. */
  now: { startIso: string; durationMs: number; interactions: number };
}

/** One question to predict, and what came of it. */
interface Visit {
  startMs: number;
  context: Record<string, unknown>;
  history: History | undefined;
  preferences: Record<string, string>;
  prediction: Prediction | null;
  outcome: Outcome | null;
  served: Served;
  watch: Watch;
  seq: number;
  /** Whether its log was sent since the page was last seen. */
  told: boolean;
  /** What of the session was there before this visit. */
  before: { durationMs: number; interactions: number };
}

/** Adapts a page, and tells how it went. */
export class Perennial {
  private readonly options: Options;
  private readonly endpoint: string;
  private consent: Consent | undefined;
  private preference: Preference = {};
  private said: Feedback = {};
  private visit: Visit | null = null;
  private design: Design | null = null;
  private listeners: AbortController | null = null;

  constructor(options: Options = {}) {
    this.options = options;
    this.endpoint = (options.endpoint ?? "/api").replace(/\/$/, "");
    if (options.consent !== undefined) this.setConsent(options.consent, options.policy);
    else {
      this.consent = store.get<Consent>("consent");
      if (this.isAllowed()) this.begin();
    }
  }

  /** Says whether the visitor agrees. Taking it back stops everything; `forget` also removes what is stored. */
  setConsent(granted: boolean, policy = this.options.policy): void {
    const known = store.get<Consent>("consent");
    const same = known?.granted === granted && known.policy === policy;
    const at = same && known !== undefined ? known.at : localIso(Date.now());
    this.consent = { granted, at, ...(policy === undefined ? {} : { policy }) };
    if (!this.isAllowed()) {
      this.end();
      return;
    }
    store.set("consent", this.consent);
    if (this.visit === null) this.begin();
  }

  /** The visitor's own choice: it wins over every model, now and later, and is told as feedback. */
  setPreference(choice: Preference): void {
    this.preference = { ...this.preference, ...choice };
    const shown = this.design;
    if (this.isAllowed()) store.set("preference", this.preference);
    if (shown !== null) this.show(withChoices(shown, this.preference));
    const agrees = shown !== null && isSame(shown, this.design ?? undefined);
    this.feedback({ preference: choice, verdict: agrees ? "like" : "dislike" });
  }

  /** What the visitor says of the design. It is sent with the log of this visit. */
  feedback(said: Feedback): void {
    this.said = { ...this.said, ...said, preference: { ...this.said.preference, ...said.preference } };
    this.changed();
  }

  /** Forgets everything about this visitor on this device, and the agreement with it. */
  forget(): void {
    this.consent = undefined;
    this.end();
    store.clear();
    this.preference = {};
    this.said = {};
    if (this.design !== null) unapply(this.design);
    this.design = null;
    this.changed();
  }

  /** What is going on now. */
  state(): State {
    const { visit } = this;
    return {
      consent: this.isAllowed(),
      served: visit?.served ?? "default",
      outcome: visit?.outcome ?? null,
      design: this.design,
      prediction: visit?.prediction ?? null,
      context: visit?.context ?? null,
      log: visit === null ? null : this.log(visit),
    };
  }

  private isAllowed(): boolean {
    const nav = navigator as Navigator & { globalPrivacyControl?: boolean };
    const isRefused =
      nav.globalPrivacyControl === true || (this.options.doNotTrack !== false && nav.doNotTrack === "1");
    return this.consent?.granted === true && !isRefused;
  }

  private begin(): void {
    this.preference = { ...store.get<Preference>("preference"), ...this.preference };
    const cached = store.get<Design>("design");
    if (cached !== undefined && !isPainted()) this.show(withChoices(cached, this.preference));
    this.listen();
    // A prerendered page is nobody's visit before it is shown.
    const { prerendering = false } = document as Document & { prerendering?: boolean };
    if (prerendering) document.addEventListener("prerenderingchange", () => this.ask(), { once: true });
    else this.ask();
    sendWaiting(`${this.endpoint}/logs`);
  }

  private listen(): void {
    this.listeners?.abort();
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    document.addEventListener(
      "visibilitychange",
      () => (document.visibilityState === "hidden" ? this.tell() : this.back()),
      {
        signal,
      },
    );
    // Safari does not always tell that a page is hidden when it is left.
    addEventListener("pagehide", () => this.tell(), { signal });
    addEventListener("pageshow", ({ persisted }) => (persisted ? this.back() : undefined), { signal });
    addEventListener("online", () => sendWaiting(`${this.endpoint}/logs`), { signal });
    const { navigation } = globalThis as { navigation?: EventTarget };
    let path = location.pathname;
    const moved = (): void => {
      if (location.pathname === path || this.visit === null) return;
      path = location.pathname;
      this.visit.watch.pages++;
    };
    if (navigation !== undefined) navigation.addEventListener("currententrychange", moved, { signal });
    else addEventListener("click", () => setTimeout(moved), { signal });
    addEventListener("popstate", moved, { signal });
  }

  /** Asks for a design, for a visit that begins now. */
  private ask(): void {
    const memory = this.remember();
    const visit: Visit = {
      startMs: Date.now(),
      context: userContext(memory.session),
      history: memory.history,
      preferences: chosenClasses(this.preference),
      prediction: null,
      outcome: null,
      served: this.design === null ? "default" : "cached",
      watch: new Watch(),
      seq: 0,
      told: false,
      before: { durationMs: memory.now.durationMs, interactions: memory.now.interactions },
    };
    this.visit = visit;
    const timeout = setTimeout(() => this.settle(visit, "timeout"), this.options.timeoutMs ?? 1000);
    const body = JSON.stringify({
      user_context: visit.context,
      visitor_id: memory.visitor,
      history: visit.history,
      preferences: visit.preferences,
    });
    const headers = { "content-type": "text/plain" };
    fetch(`${this.endpoint}/predict`, { method: "POST", body, headers, credentials: "omit" })
      .then(async (response) => {
        if (!response.ok) throw new Error(String(response.status));
        this.answered(visit, (await response.json()) as Prediction);
      })
      .catch(() => this.settle(visit, "error"))
      .finally(() => clearTimeout(timeout));
    this.changed();
  }

  private answered(visit: Visit, prediction: Prediction): void {
    visit.prediction = prediction;
    const isLate = visit.outcome === "timeout";
    this.settle(visit, "ok");
    if (this.visit !== visit || !this.isAllowed()) return;
    const { css_classes, css_variables } = prediction;
    store.set("design", { css_classes, css_variables });
    // A page that is seen does not change its looks under its reader: what is new comes with the next page.
    if (isSame(this.design ?? undefined, prediction)) visit.served = "fresh";
    else if (!isLate && !isPainted()) {
      visit.served = "fresh";
      this.show(withChoices({ css_classes, css_variables }, this.preference));
    }
    this.changed();
  }

  private settle(visit: Visit, outcome: Outcome): void {
    visit.outcome ??= outcome;
    this.changed();
  }

  private show(design: Design): void {
    this.design = design;
    apply(design);
    whenShown((ms) => {
      if (this.visit !== null && this.visit.watch.renderingMs === 0) this.visit.watch.renderingMs = ms;
    });
  }

  /** The visitor, and the session under way; a pause of half an hour begins another one. */
  private remember(): Memory {
    const nowMs = Date.now();
    const known = store.get<Memory>("memory");
    const fresh = { startIso: localIso(nowMs), durationMs: 0, interactions: 0 };
    let memory: Memory;
    if (known === undefined) memory = { visitor: randomId(), session: randomId(), lastMs: nowMs, now: fresh };
    else if (nowMs - known.lastMs < SESSION_MS) memory = { ...known, lastMs: nowMs };
    else memory = { ...known, session: randomId(), lastMs: nowMs, history: withSession(known), now: fresh };
    store.set("memory", memory);
    return memory;
  }

  private log(visit: Visit): Record<string, unknown> {
    const { prediction, said } = { ...visit, said: this.said };
    const preferred = chosenClasses(said.preference ?? {});
    const verdict = said.verdict;
    return {
      schema_version: 1,
      prediction_id: prediction?.prediction_id,
      receipt: prediction?.receipt,
      model_version: prediction?.model_version,
      consent: this.consent,
      user_context: visit.context,
      history: visit.history,
      preferences: visit.preferences,
      timestamp: localIso(visit.startMs),
      session_id: visit.context["session_id"],
      predicted_css_classes: prediction?.css_classes,
      predicted_css_variables: prediction?.css_variables,
      prediction_confidence: prediction?.prediction_confidence,
      served: visit.served,
      predict_outcome: visit.outcome ?? "timeout",
      ...visit.watch.soFar(),
      user_satisfaction: said.satisfaction,
      ...(verdict === undefined ? {} : { ui_preference_feedback: { verdict, preferred, text: said.text } }),
    };
  }

  /** Sends what there is to tell; again, with a higher number, if there is more than last time. */
  private tell(): void {
    const { visit } = this;
    // A page that is left is hidden and goes away, in either order: once is enough.
    if (visit === null || visit.told || !this.isAllowed()) return;
    visit.told = true;
    const log = this.log(visit);
    const whole = { ...log, seq: visit.seq++, ended_at: localIso(Date.now()) };
    post(`${this.endpoint}/logs`, visit.prediction?.prediction_id ?? `unanswered.${visit.startMs}`, whole);
    this.keepTime(visit);
  }

  private keepTime({ watch, before }: Visit): void {
    const memory = store.get<Memory>("memory");
    if (memory === undefined) return;
    const { session_duration: duration, interactions_count: interactions } = watch.soFar();
    const now = {
      ...memory.now,
      durationMs: before.durationMs + duration,
      interactions: before.interactions + interactions,
    };
    store.set("memory", { ...memory, lastMs: Date.now(), now });
  }

  /** A page that is seen again goes on with its visit, or begins another one if that is over. */
  private back(): void {
    const { visit } = this;
    if (visit === null || !this.isAllowed()) return;
    visit.told = false;
    if (Date.now() - visit.startMs < VISIT_MS) return;
    visit.watch.stop();
    this.said = {};
    this.ask();
  }

  private end(): void {
    this.listeners?.abort();
    this.listeners = null;
    this.visit?.watch.stop();
    this.visit = null;
    this.changed();
  }

  private changed(): void {
    this.options.onChange?.(this.state());
  }
}

/** The history with the session that is over in it. */
function withSession({ history, now }: Memory): History {
  const sessions = history?.sessions ?? 0;
  const mean = ((history?.avg_session_duration ?? 0) * sessions + now.durationMs) / (sessions + 1);
  return {
    sessions: sessions + 1,
    avg_session_duration: Math.min(86_400_000, Math.round(mean)),
    total_interactions: (history?.total_interactions ?? 0) + now.interactions,
    first_visit: history?.first_visit ?? now.startIso,
  };
}

import { Watch } from "./behaviour.ts";
import { localIso, userContext } from "./context.ts";
import { apply, chosenClasses, isPainted, isSame, unapply, whenShown, withChoices } from "./design.ts";
import { keepTime, remember } from "./memory.ts";
import { post, sendFailed } from "./outbox.ts";
import { store } from "./store.ts";
import type { Consent, Design, Feedback, Outcome, Prediction, Preference, Served } from "./types.ts";
import { logOf, type Visit } from "./visit.ts";

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
}

/** Milliseconds within which a change is a click's doing (layout shift leaves such changes out of account, too). */
const INPUT_MS = 500;

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

/** Milliseconds after which a page that comes back asks anew: its log can no longer be amended (the server's 45 minutes, less a margin). */
const VISIT_MS = 40 * 60_000;

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
  /** When a person's click let us in, by performance.now(). */
  private letInMs = Number.NEGATIVE_INFINITY;
  private readonly told = new Set<(state: State) => void>();

  constructor(options: Options = {}) {
    this.options = options;
    this.endpoint = (options.endpoint ?? "/api").replace(/\/$/, "");
    if (options.consent !== undefined) this.setConsent(options.consent, options.policy);
    else {
      this.consent = store.get<Consent>("consent");
      if (this.isAllowed()) this.begin();
      // Who agreed once and has switched on a signal since is forgotten.
      else if (this.consent !== undefined) store.clear();
    }
  }

  /**
   * Says whether the visitor agrees. Without agreement nothing is sent and nothing is stored: taking it back forgets what was
   * stored, and leaves the page as it looks.
   */
  setConsent(granted: boolean, policy = this.options.policy): void {
    const known = store.get<Consent>("consent");
    const same = known?.granted === granted && known.policy === policy;
    const at = same && known !== undefined ? known.at : localIso(Date.now());
    this.consent = { granted, at, ...(policy === undefined ? {} : { policy }) };
    if (!this.isAllowed()) {
      this.end();
      store.clear();
      return;
    }
    store.set("consent", this.consent);
    if (navigator.userActivation?.isActive === true) this.letInMs = performance.now();
    if (this.listeners === null) this.begin();
    else this.changed();
  }

  /** The visitor's own choice: it wins over every model, now and later, and is told as feedback. */
  setPreference(choice: Preference): void {
    this.preference = { ...this.preference, ...choice };
    if (this.isAllowed()) store.set("preference", this.preference);
    const before = this.design;
    this.show(withChoices(before, this.preference));
    this.feedback({ preference: choice, verdict: isSame(before, this.design) ? "like" : "dislike" });
  }

  /** What the visitor says of the design. It is sent with the log of this visit. */
  feedback(said: Feedback): void {
    this.said = { ...this.said, ...said, preference: { ...this.said.preference, ...said.preference } };
    this.changed();
  }

  /** Forgets everything about this visitor on this device, the agreement with it, and takes the design away. */
  forget(): void {
    this.consent = undefined;
    this.preference = {};
    this.said = {};
    if (this.design !== null) unapply(this.design);
    this.design = null;
    this.end();
    store.clear();
  }

  /** Calls a listener whenever something has changed, until the function that comes back is called: for panels and tests. */
  onChange(listener: (state: State) => void): () => void {
    this.told.add(listener);
    return () => this.told.delete(listener);
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
      log: visit === null ? null : logOf(visit, { consent: this.consent, said: this.said }),
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
    const isChosen = Object.keys(this.preference).length > 0;
    // What is seen already does not change its looks under its reader, but for what they chose themselves.
    if (isPainted() ? isChosen : isChosen || cached !== undefined) {
      this.show(withChoices(isPainted() ? this.design : (cached ?? null), this.preference));
    }
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    const go = (): void => {
      this.listen(signal);
      this.ask();
      sendFailed(`${this.endpoint}/logs`);
    };
    // A prerendered page is nobody's visit before it is shown.
    const { prerendering = false } = document as Document & { prerendering?: boolean };
    if (prerendering) document.addEventListener("prerenderingchange", go, { once: true, signal });
    else go();
  }

  private listen(signal: AbortSignal): void {
    document.addEventListener(
      "visibilitychange",
      () => (document.visibilityState === "hidden" ? this.tell() : this.back()),
      { signal },
    );
    // Safari does not always tell that a page is hidden when it is left.
    addEventListener("pagehide", () => this.tell(), { signal });
    addEventListener("pageshow", ({ persisted }) => (persisted ? this.back() : undefined), { signal });
    addEventListener("online", () => sendFailed(`${this.endpoint}/logs`), { signal });
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
    const memory = remember();
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
    this.time();
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
    const asked = withChoices(prediction, this.preference);
    // A page that is seen does not change its looks under its reader: what is new comes with the next page. But who has just
    // clicked that it may adapt sees it adapt.
    const isAwaited = this.design === null && performance.now() - this.letInMs < INPUT_MS;
    if (!isLate && (!isPainted() || isAwaited)) this.show(asked);
    if (isSame(this.design, asked)) visit.served = "fresh";
    this.changed();
  }

  private settle(visit: Visit, outcome: Outcome): void {
    visit.outcome ??= outcome;
    this.changed();
  }

  private show(design: Design): void {
    this.design = design;
    apply(design);
    this.time();
  }

  /** Times the frame that is next; the first one of a visit counts. */
  private time(): void {
    whenShown((ms) => {
      if (this.visit !== null && this.visit.watch.renderingMs === 0) this.visit.watch.renderingMs = ms;
    });
  }

  /** Sends what there is to tell; again, with a higher number, if there is more than last time. */
  private tell(): void {
    const { visit } = this;
    // A page that is left is hidden and goes away, in either order: once is enough.
    if (visit === null || visit.told || !this.isAllowed()) return;
    visit.told = true;
    const { watch, before, prediction, startMs } = visit;
    post(
      `${this.endpoint}/logs`,
      prediction?.prediction_id ?? `unanswered.${startMs}`,
      logOf(visit, { consent: this.consent, said: this.said }),
    );
    visit.seq++;
    const { session_duration: durationMs, interactions_count: interactions } = watch.soFar();
    keepTime({ durationMs: before.durationMs + durationMs, interactions: before.interactions + interactions });
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
    for (const listener of this.told) listener(this.state());
  }
}

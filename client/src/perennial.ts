import { Watch } from "./behaviour.ts";
import { localIso, userContext } from "./context.ts";
import { apply, chosenClasses, isDesign, isPainted, isSame, unapply, whenShown, withChoices } from "./design.ts";
import { keepTime, remember } from "./memory.ts";
import { post, sendFailed, UNANSWERED } from "./outbox.ts";
import { type Said, withChoice, withFeedback } from "./said.ts";
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

/** Characters of the name of a policy that the server takes. */
const MAX_POLICY = 64;

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
  /** Whether the device keeps the agreement; where storage is blocked it is this page's alone. */
  private isStored = false;
  private preference: Preference = {};
  private said: Said = {};
  /** Whether a predicted design is on the page, and not the visitor's own choices alone. */
  private isPredicted = false;
  private visit: Visit | null = null;
  private design: Design | null = null;
  private listeners: AbortController | null = null;
  private path = "";
  /** When a person's click let us in, by performance.now(). */
  private letInMs = Number.NEGATIVE_INFINITY;
  private readonly told = new Set<(state: State) => void>();

  constructor(options: Options = {}) {
    this.options = options;
    this.endpoint = (options.endpoint ?? "/api").replace(/\/$/, "");
    if (options.consent !== undefined) this.setConsent(options.consent, options.policy);
    else {
      this.consent = store.get<Consent>("consent");
      this.isStored = this.consent !== undefined;
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
    const agreed = { granted, ...(policy === undefined ? {} : { policy: policy.slice(0, MAX_POLICY) }) };
    const known = store.get<Consent>("consent");
    const isSameAgain = known?.granted === agreed.granted && known.policy === agreed.policy;
    this.consent = { ...agreed, at: isSameAgain ? known.at : localIso(Date.now()) };
    this.isStored = false;
    if (!this.isAllowed()) {
      store.clear();
      this.end();
      return;
    }
    store.set("consent", this.consent);
    this.isStored = store.get<Consent>("consent") !== undefined;
    if (navigator.userActivation?.isActive === true) this.letInMs = performance.now();
    if (this.listeners === null) this.begin();
    else this.changed();
  }

  /** The visitor's own choice: it wins over every model, now and later, and is told as feedback. */
  setPreference(choice: Preference): void {
    const isAllowed = this.isAllowed();
    // Another page may have stored choices since.
    const known = isAllowed ? store.get<Preference>("preference") : undefined;
    this.preference = { ...this.preference, ...known, ...choice };
    const before = this.design;
    this.show(withChoices(before, this.preference));
    if (isAllowed) {
      store.set("preference", this.preference);
      this.said = withChoice(this.said, choice, this.isPredicted && !isSame(before, this.design));
    }
    this.changed();
  }

  /**
   * What the visitor says of the design: satisfaction 1 to 5, a verdict, words (the first 1000 characters). It is sent with the
   * log of this visit; a satisfaction out of bounds is left out.
   */
  feedback(said: Feedback): void {
    if (!this.isAllowed()) return;
    this.said = withFeedback(this.said, said);
    this.changed();
  }

  /** Forgets everything about this visitor on this device, the agreement with it, and takes the design away. */
  forget(): void {
    this.consent = undefined;
    this.preference = {};
    if (this.design !== null) unapply(this.design);
    this.design = null;
    this.isPredicted = false;
    store.clear();
    this.end();
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
      log: visit === null ? null : logOf(visit, this.consent, this.said),
    };
  }

  private isAllowed(): boolean {
    const nav = navigator as Navigator & { globalPrivacyControl?: boolean };
    const isRefused =
      nav.globalPrivacyControl === true || (this.options.doNotTrack !== false && nav.doNotTrack === "1");
    // Another page may have taken it back meanwhile, or forgotten the visitor.
    const isGone = this.isStored && store.get<Consent>("consent")?.granted !== true;
    return this.consent?.granted === true && !isRefused && !isGone;
  }

  private begin(): void {
    this.preference = { ...store.get<Preference>("preference"), ...this.preference };
    const cached = store.get<unknown>("design");
    const isChosen = Object.keys(this.preference).length > 0;
    if (isChosen) store.set("preference", this.preference);
    // What is seen already does not change its looks under its reader, but for what they chose themselves.
    if (isDesign(cached) && !isPainted()) {
      this.isPredicted = true;
      this.show(withChoices(cached, this.preference));
    } else if (isChosen) this.show(withChoices(this.design, this.preference));
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
    addEventListener("online", () => this.isAllowed() && sendFailed(`${this.endpoint}/logs`), { signal });
    const { navigation } = globalThis as { navigation?: EventTarget };
    this.path = location.pathname;
    const moved = (): void => this.moved();
    if (navigation !== undefined) navigation.addEventListener("currententrychange", moved, { signal });
    else addEventListener("click", () => setTimeout(moved), { signal });
    addEventListener("popstate", moved, { signal });
  }

  /** Counts a page if the route has changed. */
  private moved(): void {
    if (location.pathname === this.path || this.visit === null) return;
    this.path = location.pathname;
    this.visit.watch.pages++;
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
      served: this.isPredicted ? "cached" : "default",
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
        const prediction = (await response.json()) as Prediction;
        if (!isDesign(prediction)) throw new Error("not an answer of predict");
        this.answered(visit, prediction);
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
    const isAwaited = !this.isPredicted && performance.now() - this.letInMs < INPUT_MS;
    if (!isLate && (!isPainted() || isAwaited)) {
      this.isPredicted = true;
      this.show(asked);
    }
    if (isSame(this.design, asked)) visit.served = "fresh";
    // Told before its answer came, and perhaps not seen again.
    if (visit.told && document.visibilityState === "hidden") {
      visit.told = false;
      this.tell();
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
    if (visit === null || visit.told || !visit.watch.wasSeen) return;
    if (!this.isAllowed()) {
      this.end();
      return;
    }
    // Without an answer it is only counted: once.
    if (visit.prediction === null && visit.seq > 0) return;
    this.moved();
    visit.told = true;
    const { watch, before, prediction, startMs } = visit;
    const id = prediction?.prediction_id ?? UNANSWERED + startMs;
    post(`${this.endpoint}/logs`, id, logOf(visit, this.consent, this.said));
    visit.seq++;
    const { session_duration: durationMs, interactions_count: interactions } = watch.soFar();
    keepTime({ durationMs: before.durationMs + durationMs, interactions: before.interactions + interactions });
  }

  /** A page that is seen again goes on with its visit, or begins another one if that is over. */
  private back(): void {
    const { visit } = this;
    if (visit === null) return;
    if (!this.isAllowed()) {
      this.end();
      return;
    }
    visit.told = false;
    if (Date.now() - visit.startMs < VISIT_MS) return;
    this.close();
    this.ask();
  }

  /** The visit is over, and what was said in it. */
  private close(): void {
    this.visit?.watch.stop();
    this.visit = null;
    this.said = {};
  }

  /** Nothing is asked or told any more. */
  private end(): void {
    this.listeners?.abort();
    this.listeners = null;
    this.close();
    this.changed();
  }

  private changed(): void {
    for (const listener of this.told) {
      try {
        listener(this.state());
      } catch (error) {
        // A panel's fault is its own.
        console.error(error);
      }
    }
  }
}

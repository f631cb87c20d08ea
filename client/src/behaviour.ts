import type { Behaviour } from "./types.ts";

/** Under so many milliseconds a visit of one page without a click on anything bounced (as Google Analytics 4 has it). */
const BOUNCE_MS = 10_000;
/** What a click can lead on from. */
const TARGETS = "a[href],button,input,select,textarea,summary,label,[role=button],[role=link],[role=tab],[onclick]";

/** Watches how a visit goes, until it is stopped. */
export class Watch {
  private visibleMs = 0;
  private visibleSince: number | null = null;
  private clicks = 0;
  private clicksThrough = 0;
  private keys = 0;
  private depth = 0;
  private readonly off = new AbortController();
  /** Pages of this visit: one, and one more for every change of the route. */
  pages = 1;
  renderingMs = 0;

  constructor() {
    const { signal } = this.off;
    const passive = { signal, passive: true, capture: true };
    addEventListener("click", (event) => this.click(event), passive);
    addEventListener(
      "keydown",
      ({ repeat }) => {
        if (!repeat) this.keys++;
      },
      passive,
    );
    addEventListener("scroll", () => this.look(), passive);
    addEventListener("resize", () => this.look(), passive);
    document.addEventListener("visibilitychange", () => this.clock(), passive);
    this.clock();
  }

  stop(): void {
    this.off.abort();
    this.clock();
    this.visibleSince = null;
  }

  /** How it went so far. */
  soFar(): Behaviour {
    this.clock();
    this.look();
    const interactions = this.clicks + this.keys;
    const isBounce = this.visibleMs < BOUNCE_MS && this.pages < 2 && this.clicksThrough === 0;
    return {
      session_duration: Math.round(this.visibleMs),
      interactions_count: interactions,
      bounce_rate: isBounce ? 1 : 0,
      scroll_depth: Math.round(this.depth * 1000) / 1000,
      click_through_rate: this.clicks === 0 ? 0 : Math.round((this.clicksThrough / this.clicks) * 1000) / 1000,
      page_load_time: loadMs(),
      rendering_time: Math.round(this.renderingMs * 10) / 10,
    };
  }

  private click({ target, detail }: MouseEvent): void {
    // A key on a button clicks, too: that is one interaction, and the key has it.
    if (detail === 0 && this.keys > 0) this.keys--;
    this.clicks++;
    if (target instanceof Element && target.closest(TARGETS) !== null) this.clicksThrough++;
  }

  /** Adds the time since the page was last seen to be visible. */
  private clock(): void {
    const nowMs = performance.now();
    if (this.visibleSince !== null) this.visibleMs += nowMs - this.visibleSince;
    this.visibleSince = document.visibilityState === "visible" && !this.off.signal.aborted ? nowMs : null;
  }

  private look(): void {
    const { scrollHeight } = document.documentElement;
    if (document.visibilityState !== "visible" && this.depth > 0) return;
    if (scrollHeight > 0) this.depth = Math.max(this.depth, Math.min(1, (scrollY + innerHeight) / scrollHeight));
  }
}

/** Milliseconds from the navigation (of a prerendered page: from when it was shown) to the end of loading, or so far. */
function loadMs(): number {
  const [timing] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
    activationStart?: number;
  })[];
  if (timing === undefined) return 0;
  const endMs = timing.loadEventEnd > 0 ? timing.loadEventEnd : performance.now();
  return Math.round(Math.max(0, endMs - (timing.activationStart ?? 0)));
}

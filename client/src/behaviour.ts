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
  /** The lowest edge that was seen, in CSS pixels from the page's top. */
  private lowest = 0;
  /** Whether the page was visible at all. */
  wasSeen = false;
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
      scroll_depth: this.depth(),
      click_through_rate: this.clicks === 0 ? 0 : Math.round((this.clicksThrough / this.clicks) * 1000) / 1000,
      page_load_time: loadMs(),
      rendering_time: Math.round(this.renderingMs * 10) / 10,
    };
  }

  private click({ target, detail, isTrusted }: MouseEvent): void {
    // Not a script's.
    if (!isTrusted) return;
    // A key on a button clicks, too: that is one interaction, and the key has it.
    if (detail === 0 && this.keys > 0) this.keys--;
    this.clicks++;
    if (target instanceof Element && target.closest(TARGETS) !== null) this.clicksThrough++;
  }

  /** Adds the time since the page was last seen to be visible. */
  private clock(): void {
    const nowMs = performance.now();
    if (this.visibleSince !== null) this.visibleMs += nowMs - this.visibleSince;
    this.wasSeen ||= document.visibilityState === "visible";
    this.visibleSince = document.visibilityState === "visible" && !this.off.signal.aborted ? nowMs : null;
  }

  private look(): void {
    if (document.visibilityState === "visible") this.lowest = Math.max(this.lowest, scrollY + innerHeight);
  }

  /** As a share of the page as it is now: while it loads it is short, and all of it would have been seen. */
  private depth(): number {
    const { scrollHeight } = document.documentElement;
    return scrollHeight > 0 ? Math.round(Math.min(1, this.lowest / scrollHeight) * 1000) / 1000 : 0;
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

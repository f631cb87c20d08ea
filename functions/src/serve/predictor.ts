import type { CounterBuffer } from "../shared/flush.ts";
import { answer } from "./answer.ts";
import { assign } from "./assign.ts";
import { eventTime } from "./event-time.ts";
import { type ModelCache, routedVersions } from "./model-cache.ts";
import { pseudonym } from "./pseudonym.ts";
import type { ReceiptKeys } from "./receipt.ts";
import type { RoutingCache } from "./routing-cache.ts";
import type { Prediction, PredictRequest } from "./schema.ts";
import { countVisit, emptyServingWindow, type OpenServingWindow, windowKey } from "./serving-window.ts";
import { within } from "./within.ts";

/** Milliseconds, from its start, for which a request waits for what it does for later ones. */
const CHORES_MS = 300;

/** What an instance answers with. */
export interface PredictorParts {
  routing: RoutingCache;
  models: ModelCache;
  counters: CounterBuffer<OpenServingWindow>;
  receiptKeys: ReceiptKeys;
  pseudonymKey: string;
  /** Event time is the visit's `hora_local` (emulator only). */
  virtualTime: boolean;
}

/** Answers visits from what an instance holds in memory. */
export class Predictor {
  private readonly parts: PredictorParts;
  constructor(parts: PredictorParts) {
    this.parts = parts;
  }

  /**
   * Answers one visit. While it scores, routing is refreshed and counters are written if it is time to; nothing of that
   * can fail the answer, and nothing is left for after it.
   * @param now server time, a fresh prediction id, and the milliseconds that this request has taken so far
   */
  async predict(
    request: PredictRequest,
    now: { nowMs: number; predictionId: string; elapsedMs: () => number },
  ): Promise<Prediction> {
    const { models, counters, receiptKeys, pseudonymKey, virtualTime } = this.parts;
    const { nowMs, predictionId, elapsedMs } = now;
    const chores = [this.parts.routing.refresh(nowMs), counters.flushIfDue()];
    await this.parts.routing.ready(nowMs + elapsedMs());
    // Taken once: a refresh may end while this visit is answered.
    const { routing } = this.parts.routing;
    const stale = this.parts.routing.isStale(nowMs);
    models.keep(routedVersions(routing), nowMs);
    const unit = pseudonym(pseudonymKey, "unit", request.visitor_id ?? request.user_context.session_id);
    const assignment = assign(routing, unit);
    await models.ready(assignment.version, nowMs + elapsedMs());
    const eventAtMs = eventTime(request.user_context.hora_local, { issuedAtMs: nowMs, virtual: virtualTime });
    const { prediction, receipt, failures } = answer(
      { request, unit, predictionId, issuedAtMs: nowMs, eventAtMs },
      { routing, assignment, findModel: (version) => models.find(version), keys: receiptKeys },
    );
    for (const { version, cause } of failures) models.drop(version, cause, nowMs);
    await within(Promise.all(chores), CHORES_MS - elapsedMs());
    const latency = elapsedMs();
    counters.count(
      windowKey(receipt),
      () => emptyServingWindow(receipt),
      (window) => countVisit(window, { receipt, stale, latency }),
    );
    return { ...prediction, processing_time_ms: Math.round(latency * 1000) / 1000 };
  }
}

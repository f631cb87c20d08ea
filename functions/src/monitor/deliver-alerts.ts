import type { Firestore } from "firebase-admin/firestore";
import { Lifecycle } from "../config.ts";
import type { Attempt } from "../shared/alert-delivery.ts";
import { AlertStore } from "../shared/alert-store.ts";
import { reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import type { AlertDelivery } from "../shared/schema.ts";
import { postOf } from "./notice-in-words.ts";
import { postWebhook } from "./post-webhook.ts";
import { type WebhookSettings, webhookFrom } from "./webhook.ts";

/** Who delivers, where to, and for how long. */
export interface DeliveryRun {
  settings: WebhookSettings;
  /** The run's own name in the leases. */
  holder: string;
  /** Server time, epoch ms. */
  clockMs: () => number;
  /** Where people find an alert, by its id. */
  linkTo?: (alert: string) => string;
}

/** What a run came to, for the log. */
export interface Delivered {
  reminders: number;
  delivered: number;
  failed: number;
  given_up: number;
  /** Deliveries that could not even be attempted, with the reason. */
  problems: string[];
}

/** Deliveries that one run looks at. */
const MAX_DUE = 50;
/** Milliseconds after which a run begins nothing more: schedules have at least a minute. */
const RUN_MS = 30_000;

/**
 * Sends every notice that is due, one after the other, and records what came of it. Runs may overlap: a lease keeps each notice to
 * one of them. Whoever dies with a lease leaves it to the next a minute later, which then sends it again under the same delivery id.
 */
export async function deliverAlertsDue(db: Firestore, run: DeliveryRun): Promise<Delivered> {
  const store = new AlertStore(db);
  // A policy that cannot be read must not keep a person from hearing of it.
  const { alerts: policy } = await readLifecycle(db).catch(() => Lifecycle.parse({}));
  const startMs = run.clockMs();
  const outcome: Delivered = {
    reminders: await store.remind(policy, startMs, MAX_DUE),
    delivered: 0,
    failed: 0,
    given_up: 0,
    problems: [],
  };
  const isUnset = ["", "none"].includes(run.settings.url.trim());
  for (const id of await store.due(run.clockMs(), MAX_DUE)) {
    if (run.clockMs() - startMs > RUN_MS) break;
    try {
      const claim = { holder: run.holder, unsent: isUnset ? "there is no webhook" : null, nowMs: run.clockMs() };
      const mine = await store.claim(id, claim);
      if (mine === undefined) continue;
      const attempt = await attemptOf(mine, run);
      const { state } = await store.record(mine, attempt, { policy, nowMs: run.clockMs() });
      if (state === "delivered") outcome.delivered++;
      else if (state === "given_up") outcome.given_up++;
      else outcome.failed++;
    } catch (error) {
      // One that cannot be read must not keep those behind it.
      outcome.failed++;
      outcome.problems.push(`${id}: ${reasonOf(error)}`);
    }
  }
  return outcome;
}

async function attemptOf(delivery: AlertDelivery, { settings, clockMs, linkTo }: DeliveryRun): Promise<Attempt> {
  try {
    const webhook = webhookFrom(settings);
    if (webhook.kind === "none") return { error: "there is no webhook" };
    return {
      status: await postWebhook(
        webhook,
        postOf(delivery, webhook, { link: linkTo?.(delivery.alert), nowMs: clockMs() }),
      ),
    };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

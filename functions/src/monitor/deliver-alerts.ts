import type { Firestore } from "firebase-admin/firestore";
import { Lifecycle } from "../config.ts";
import type { Attempt } from "../shared/alert-delivery.ts";
import { AlertStore } from "../shared/alert-store.ts";
import { reasonOf } from "../shared/errors.ts";
import { readLifecycle } from "../shared/lifecycle.ts";
import type { AlertDelivery } from "../shared/schema.ts";
import { postOf } from "./notice-in-words.ts";
import { postWebhook } from "./post-webhook.ts";
import { type Webhook, type WebhookSettings, webhookFrom } from "./webhook.ts";

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
  const webhook = configured(run.settings);
  const unsent = webhook.kind === "none" ? "there is no webhook" : null;
  for (const id of await store.due(run.clockMs(), MAX_DUE)) {
    if (run.clockMs() - startMs > RUN_MS) break;
    try {
      const mine = await store.claim(id, { holder: run.holder, unsent, nowMs: run.clockMs() });
      if (mine === undefined || webhook.kind === "none") continue;
      const attempt = await attemptOf(mine, webhook, run);
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

/** The webhook as the secrets name it, or what is wrong with them: each attempt tells. */
type Configured = Webhook | { kind: "wrong"; error: string };

function configured(settings: WebhookSettings): Configured {
  try {
    return webhookFrom(settings);
  } catch (error) {
    return { kind: "wrong", error: reasonOf(error) };
  }
}

async function attemptOf(
  delivery: AlertDelivery,
  webhook: Exclude<Configured, { kind: "none" }>,
  { clockMs, linkTo }: DeliveryRun,
): Promise<Attempt> {
  if (webhook.kind === "wrong") return { error: webhook.error };
  try {
    const post = postOf(delivery, webhook, { link: linkTo?.(delivery.alert), nowMs: clockMs() });
    return { status: await postWebhook(webhook, post) };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

import { z } from "zod";

/** Firestore's bytes. */
export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be bytes");

/** Why an admin does something: it goes on record. */
export const Reason = z.string().trim().min(1, "say why").max(500);

/** `roles/{uid}`: who may act; the only source of roles. */
export const Role = z.object({
  schema_version: z.literal(1),
  role: z.enum(["admin", "viewer"]),
  granted_at: z.iso.datetime(),
  granted_by: z.string(),
});
export type Role = z.infer<typeof Role>;

/** `audit/{seq}`: append-only; each entry holds the hash of the one before it. */
export const AuditEntry = z.object({
  schema_version: z.literal(1),
  seq: z.number().int().min(1),
  /** Server time. */
  at: z.iso.datetime(),
  /** uid of the admin, or `system`. */
  who: z.string(),
  action: z.string(),
  target: z.string(),
  reason: z.string(),
  details: z.record(z.string(), z.unknown()),
  previous_hash: z.string(),
  /** SHA-256 (hex) of the canonical JSON of all other fields. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** How bad it is: `high` is worth waking somebody. */
export const Severity = z.enum(["low", "medium", "high"]);
export type Severity = z.infer<typeof Severity>;

/**
 * `alerts/{id}`: something a person should see. Alerts of earlier releases hold neither subject nor state: they were never to be
 * sent, and are not.
 */
export const Alert = z.object({
  schema_version: z.literal(1),
  id: z.string(),
  /** Since when, as all times here server time. */
  at: z.iso.datetime(),
  /** The worst that it was raised with. */
  severity: Severity,
  kind: z.string(),
  /** The document or thing that it is about: of one kind and subject one alert is open at most. */
  subject: z.string().default(""),
  /** What, since when, how bad, and what was done; that of the latest time it was raised. */
  message: z.string(),
  /** One sentence: what a person should do. */
  to_do: z.string().default(""),
  details: z.record(z.string(), z.unknown()),
  status: z.enum(["open", "resolved"]).default("open"),
  /** How often it was raised, and when the last time. */
  count: z.number().int().min(1).default(1),
  last_at: z.iso.datetime().nullable().default(null),
  /** What raised it, the newest last: raised by one of these again, it is not counted. */
  causes: z.array(z.string()).default([]),
  /** Deliveries that were made of it, and when the last one was. */
  notices: z.number().int().min(0).default(0),
  noticed_at: z.iso.datetime().nullable().default(null),
  /** When a person is reminded of it unless it is seen or resolved before; and how often somebody was. */
  remind_at: z.iso.datetime().nullable().default(null),
  reminders: z.number().int().min(0).default(0),
  /** The admin who has seen it: nobody is reminded any more. */
  seen: z.object({ at: z.iso.datetime(), by: z.string() }).nullable().default(null),
  resolved_at: z.iso.datetime().nullable().default(null),
  /** What resolved it, in words. */
  resolution: z.string().nullable().default(null),
});
export type Alert = z.infer<typeof Alert>;

/** Why a notice is sent. */
export const Notice = z.enum(["new", "repeated", "escalated", "reminder", "resolved"]);
export type Notice = z.infer<typeof Notice>;

/** `alert_deliveries/{alert}.{n}`: a notice of an alert on its way to the webhook, and what became of each attempt. */
export const AlertDelivery = z.object({
  schema_version: z.literal(1),
  id: z.string(),
  alert: z.string(),
  /** Its place among the notices of the alert, from 1: they are delivered in this order. */
  n: z.number().int().min(1),
  notice: Notice,
  created_at: z.iso.datetime(),
  /** The alert as it was then: every attempt tells the same. */
  tells: Alert.pick({
    kind: true,
    subject: true,
    severity: true,
    status: true,
    at: true,
    message: true,
    to_do: true,
    count: true,
  }),
  /** `unsent`: there was no webhook, or nobody was told of what a resolved notice is about. */
  state: z.enum(["waiting", "delivered", "given_up", "unsent"]),
  /** Whether a notice before it was delivered, as far as was known when this one's turn came. */
  heard_before: z.boolean(),
  attempts: z.number().int().min(0),
  last_attempt_at: z.iso.datetime().nullable(),
  /** HTTP status of the last attempt; null where no answer came. */
  last_status: z.number().int().nullable(),
  /** Why the last attempt failed; never with the webhook's address. */
  last_error: z.string().nullable(),
  delivered_at: z.iso.datetime().nullable(),
  /** When it is due; while somebody is at work on it, when the lease ends; null when nothing is left to do. */
  next_attempt_at: z.iso.datetime().nullable(),
  /** Who sends it just now. */
  lease: z.object({ holder: z.string(), expires_at: z.iso.datetime() }).nullable(),
});
export type AlertDelivery = z.infer<typeof AlertDelivery>;

/** `heartbeats/monitor`: the last run of monitorHealth, by which others know that it lives. */
export const Heartbeat = z.object({
  schema_version: z.literal(1),
  /** Event time of the run, or of the first look before there was any. */
  at: z.iso.datetime(),
  /** `watcher`: it has not run yet, and its time counts from here. */
  by: z.enum(["monitor", "watcher"]),
  /** Parts of the run that failed. */
  failed: z.array(z.string()),
  /** Since when it is silent, once an alert has said so; null while it is not. */
  silent_since: z.iso.datetime().nullable(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

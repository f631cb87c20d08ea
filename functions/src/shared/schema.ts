import { z } from "zod";

/** Firestore's bytes. */
export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "must be bytes");

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

/** `alerts/{id}`: something a person should see. */
export const Alert = z.object({
  schema_version: z.literal(1),
  id: z.string(),
  /** Server time. */
  at: z.iso.datetime(),
  severity: z.enum(["low", "medium", "high"]),
  kind: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Alert = z.infer<typeof Alert>;

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

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
  /** What it is about: a version, a deployment, a document. Alerts of an earlier release do not say. */
  subject: z.string().default(""),
  /** What has happened, since when, how bad it is, and what was done. */
  message: z.string(),
  /** What a person is to do. */
  to_do: z.string().default(""),
  details: z.record(z.string(), z.unknown()),
});
export type Alert = z.infer<typeof Alert>;

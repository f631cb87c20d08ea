import { z } from "zod";
import { Reason } from "../shared/schema.ts";

/** `config/lifecycle/journal/{n}`: every policy that was in force because somebody wrote it. */
export const LifecycleRevision = z.object({
  schema_version: z.literal(1),
  /** Counts from 1; the id is the same number with leading zeros. */
  n: z.number().int().min(1),
  /** The document as it was written: what it leaves out has its default. Empty for a deletion. */
  policy: z.record(z.string(), z.unknown()),
  /** Server time. */
  at: z.iso.datetime(),
  /** uid of the admin, or the identity that the event names. */
  who: z.string(),
  reason: z.string(),
});
export type LifecycleRevision = z.infer<typeof LifecycleRevision>;

/** What `setConfig` asks for. `policy` is the whole new document, not a change of the old one. */
export const SetConfigRequest = z.strictObject({
  policy: z.record(z.string(), z.unknown()),
  reason: Reason,
});
export type SetConfigRequest = z.infer<typeof SetConfigRequest>;

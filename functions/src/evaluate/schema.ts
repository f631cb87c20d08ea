import { z } from "zod";
import { ServedVersion } from "../serve/schema.ts";

export const TriggerName = z.enum(["data_volume", "age"]);
export type TriggerName = z.infer<typeof TriggerName>;

/** What one trigger saw and said. */
export const TriggerVerdict = z.object({
  value: z.number().nullable(),
  threshold: z.number(),
  unit: z.string(),
  /** New distinct sessions it stands on. */
  sessions: z.number().int().min(0),
  verdict: z.enum(["fired", "ok", "insufficient_data", "cooling_down", "busy", "disabled"]),
  reason: z.string(),
});
export type TriggerVerdict = z.infer<typeof TriggerVerdict>;

/** `evaluations/{decision hour}`: one decision of all triggers, made once. */
export const Evaluation = z.object({
  schema_version: z.literal(1),
  /** Event hour, `2026-09-28T05Z`. */
  id: z.string(),
  /** Event time. */
  decided_at: z.iso.datetime(),
  /** Server time. */
  created_at: z.iso.datetime(),
  in_service: ServedVersion,
  triggers: z.record(TriggerName, TriggerVerdict),
  /** The trigger that opened a job, if one did. */
  fired: TriggerName.nullable(),
  job: z.string().nullable(),
});
export type Evaluation = z.infer<typeof Evaluation>;

import { z } from "zod";
import { CLASS_GROUPS, FEATURE_NAMES } from "../design/schema.ts";
import { Arm, ServedVersion } from "../serve/schema.ts";

/** In the order in which they are asked; the first that fires is the only one. What went wrong comes before what is due. */
export const TriggerName = z.enum([
  "accuracy",
  "prediction_drift",
  "feature_drift",
  "negative_feedback",
  "new_user_patterns",
  "seasonal",
  "data_volume",
  "age",
]);
export type TriggerName = z.infer<typeof TriggerName>;

const count = z.number().int().min(0);

/** What one trigger saw and said. */
export const TriggerVerdict = z.object({
  /** Null where there is nothing to measure. */
  value: z.number().nullable(),
  threshold: z.number(),
  unit: z.string(),
  /** Independent visitors that the value stands on; null for triggers that count none. */
  visitors: count.nullable().optional(),
  /** New distinct sessions since the last training's data. */
  sessions: count,
  /** `would_fire`: all holds, but the trigger is on a dry run. */
  verdict: z.enum(["fired", "would_fire", "ok", "insufficient_data", "cooling_down", "busy", "disabled"]),
  reason: z.string(),
});
export type TriggerVerdict = z.infer<typeof TriggerVerdict>;

/** `drift`: beyond threshold and noise now, and on one of the two days before. `warning`: something is there, which fires nothing. */
const DriftVerdict = z.enum(["ok", "warning", "drift", "insufficient_data"]);
export type DriftVerdict = z.infer<typeof DriftVerdict>;

/** How one distribution compares with the reference of the same hours of the week. */
const Drift = z.object({
  verdict: DriftVerdict,
  /** In words. */
  reason: z.string(),
  visitors: count,
  /** Independent visitors that the reference, matched to the day's hours, is worth. */
  reference_visitors: z.number().min(0).nullable(),
  score: z.number().min(0).nullable(),
  threshold: z.number(),
  /** Score that chance alone reaches with the trigger's small probability. */
  noise: z.number().min(0).nullable(),
  /** Beyond threshold and noise: the day now, 24 and 48 hours before; null where there was too little to judge. */
  beyond: z.array(z.boolean().nullable()).length(3),
  /** Most moved bins first: "touch visitors 22 % -> 41 %". Empty where nothing is to be warned of. */
  moved: z.array(z.string()),
});

/** A feature; the score is PSI, the p-value is adjusted for the number of features. */
export const FeatureDrift = Drift.extend({
  feature: z.enum(FEATURE_NAMES),
  p: z.number().min(0).max(1).nullable(),
  /** Share of the version's decisions that the feature makes, if known. */
  importance: z.number().nullable(),
});
export type FeatureDrift = z.infer<typeof FeatureDrift>;

/** A class group; the score is the total variation distance. */
export const GroupDrift = Drift.extend({ group: z.enum(CLASS_GROUPS) });
export type GroupDrift = z.infer<typeof GroupDrift>;

/** What was answered in an hour by a version in an arm, and how much of it has no log by the time of the decision. */
export const LoggedVisits = z.object({
  version: ServedVersion,
  arm: Arm,
  predictions: z.number().int().min(0),
  without_log: z.number().int().min(0),
});
export type LoggedVisits = z.infer<typeof LoggedVisits>;

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
  /** Earlier documents have fewer triggers. */
  triggers: z.partialRecord(TriggerName, TriggerVerdict),
  /** Most important first; null where nothing was compared, and not there in earlier documents. */
  drift: z
    .object({ features: z.array(FeatureDrift), groups: z.array(GroupDrift) })
    .nullable()
    .optional(),
  /** Of the last hour whose logs are mature; not there in earlier documents. */
  logged: z.array(LoggedVisits).optional(),
  /** The trigger that opened a job, if one did. */
  fired: TriggerName.nullable(),
  job: z.string().nullable(),
});
export type Evaluation = z.infer<typeof Evaluation>;

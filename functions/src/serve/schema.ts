import { z } from "zod";
import { Share } from "../config.ts";
import { CLASS_GROUPS, FEATURE_SCHEMA, History, Preferences, UserContext } from "../design/schema.ts";
import { Bytes, Reason } from "../shared/schema.ts";

/** `rules` or the id of a trained version. */
export const VersionId = z.string().regex(/^v_\d{8}T\d{6}Z_[0-9a-f]{12}$/, "must be a version id (v_<time>_<hash>)");
export const ServedVersion = z.union([z.literal("rules"), VersionId]);
export type ServedVersion = z.infer<typeof ServedVersion>;

/** Who gets what: `exp.<experiment>.<arm>` besides the four of every day. */
export const Arm = z.union([
  z.enum(["stable", "holdback", "control", "treatment"]),
  z.string().regex(/^exp\.[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,32}$/),
]);
export type Arm = z.infer<typeof Arm>;

/** The arms that exist without an experiment. */
export const PLAIN_ARMS = ["stable", "holdback", "control", "treatment"] as const;

/** Body of `POST /predict`, at most 32 KiB. */
export const PredictRequest = z.object({
  user_context: UserContext,
  /** Random, first-party, exists only with consent. */
  visitor_id: z.string().min(1).max(128).optional(),
  history: History.optional(),
  preferences: Preferences.optional(),
});
export type PredictRequest = z.infer<typeof PredictRequest>;

/** Answer of `POST /predict`. */
export interface Prediction {
  prediction_id: string;
  receipt: string;
  model_version: ServedVersion;
  arm: Arm;
  css_classes: [string, string, string];
  css_variables: Record<string, string>;
  prediction_confidence: Record<(typeof CLASS_GROUPS)[number], number>;
  propensity: number;
  processing_time_ms: number;
}

/** What a receipt swears to: everything about a visit that a client's word is not trusted for. */
export const Receipt = z.object({
  /** 22 characters of base64url (128 random bits). */
  prediction_id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** Server time of the answer, ISO 8601 UTC. */
  issued_at: z.iso.datetime(),
  /** Event time: equal to issued_at but for the emulator's virtual time. */
  event_at: z.iso.datetime(),
  /** Pseudonym of the visitor. */
  unit: z.string().min(1).max(64),
  assigned_version: ServedVersion,
  /** What really answered: differs from assigned_version after a fallback. */
  model_version: ServedVersion,
  arm: Arm,
  routing_revision: z.number().int().min(0),
  /** Final class indices (after overrides), in the order of CLASS_GROUPS. */
  classes: z.array(z.number().int().min(0).max(2)).length(CLASS_GROUPS.length),
  propensity: z.number().gt(0).max(1),
  feature_schema: z.literal(FEATURE_SCHEMA),
  /** SHA-256 (hex) over the 19 features as little-endian float64, NaN canonical. */
  features_hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Receipt = z.infer<typeof Receipt>;

/** A candidate that takes a share of the traffic, written only by a deployment. */
export const Canary = z.strictObject({
  deployment: z.string().min(1).max(128),
  version: VersionId,
  share: Share,
  salt: z.string().min(1).max(64),
});
export type Canary = z.infer<typeof Canary>;

/** A candidate that nobody is answered by, while its answers to the site's visits are judged beside those of stable. */
export const Shadow = z.strictObject({ deployment: z.string().min(1).max(128), version: VersionId });
export type Shadow = z.infer<typeof Shadow>;

/** Arms that an experiment has at most. */
const MAX_ARMS = 8;

/** An experiment in force: each arm has an interval [from, to) of the experiment's own hash; who is in none is stable. */
export const RoutedExperiment = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  salt: z.string().min(1).max(64),
  arms: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/),
        version: ServedVersion,
        from: Share,
        to: Share,
      }),
    )
    .min(2)
    .max(MAX_ARMS),
});
export type RoutedExperiment = z.infer<typeof RoutedExperiment>;

/** `routing/live`: the one document that says who is answered by what. */
export const Routing = z.strictObject({
  schema_version: z.literal(1),
  /** Rises by one with every change; receipts carry it. */
  revision: z.number().int().min(0),
  stable: ServedVersion,
  /** Where a broken stable falls back to, and what a rollback without a target returns to. */
  previous_good: ServedVersion,
  shadow: Shadow.nullable(),
  canary: Canary.nullable(),
  experiment: RoutedExperiment.nullable(),
  /** Copied from config/lifecycle by onConfigWritten: predict reads routing and nothing else. */
  holdback_share: Share,
  exploration_share: Share,
  /** Groups that may be explored while `rules` is stable: those whose target varies under the target policy. */
  rules_groups: z.array(z.enum(CLASS_GROUPS)).max(3),
  salts: z.strictObject({ holdback: z.string().min(1).max(64), exploration: z.string().min(1).max(64) }),
  /** `system`, or the uid of the admin. */
  written_by: z.string().min(1).max(128),
  reason: z.string().max(500),
  /** Server time. */
  updated_at: z.iso.datetime(),
  /** SHA-256 over all other fields as they are stored, set by the store: tells its own writes from damage. */
  seal: z.string().optional(),
});
export type Routing = z.infer<typeof Routing>;

const shareInWords = "must be a share from 0 to 1 (0 to 100 %)";

/**
 * What `setRouting` asks for: what an admin may change, and why. The other shares and groups come from the policy, candidates and
 * previous_good from deployments, experiments from their start.
 */
export const ChangeRequest = z.strictObject({
  change: z
    .strictObject({
      stable: ServedVersion.exactOptional(),
      /** Takes a candidate, or an experiment, out of the traffic at once. */
      shadow: z.null().exactOptional(),
      /** Or another share of it, which holds its deployment until it is that of its stage again. */
      canary: z
        .strictObject({ share: z.number("must be a number").min(0, shareInWords).max(1, shareInWords) })
        .nullable()
        .exactOptional(),
      experiment: z.null().exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, "must name stable, shadow, canary or experiment"),
  /** The revision that was looked at: refused if another one is in force. Without it, whatever is there is changed. */
  based_on: z.number().int().min(0).exactOptional(),
  reason: Reason,
});
export type ChangeRequest = z.infer<typeof ChangeRequest>;

/** What is served before anybody wrote routing/live: the rules, to everyone. */
export const FIRST_ROUTING: Routing = {
  schema_version: 1,
  revision: 0,
  stable: "rules",
  previous_good: "rules",
  shadow: null,
  canary: null,
  experiment: null,
  holdback_share: 0.02,
  exploration_share: 0.02,
  rules_groups: ["density", "theme"],
  salts: { holdback: "holdback", exploration: "exploration" },
  written_by: "system",
  reason: "the state before the first change",
  updated_at: "1970-01-01T00:00:00.000Z",
};

/** `change_log/{revision, 12 digits}`: another model is in service. Written with the routing that made it so, and never changed. */
export const ModelChange = z.object({
  schema_version: z.literal(1),
  /** Of the routing from which on it holds. */
  revision: z.number().int().min(1),
  /** Server time. */
  at: z.iso.datetime(),
  from: ServedVersion,
  to: ServedVersion,
  /** `system`, or the uid of the admin. */
  who: z.string(),
  why: z.string(),
  /** The deployment that led to it, and what the gate had said of the version, with its figures; null for changes by hand. */
  deployment: z.object({ id: z.string(), reason: z.string() }).nullable(),
});
export type ModelChange = z.infer<typeof ModelChange>;

/** What is added up of answers in each of 128 buckets of visitors, the same buckets that logs are added up in. */
export const SERVED_SUMS = ["predictions", "latency_us"] as const;

/** Upper bounds (ms, inclusive) of the latency histogram's bins; the last bin is open. */
export const LATENCY_BOUNDS_MS = [0.5, 1, 2, 3, 5, 8, 12, 20, 50, 100, 200, 500, 1000, 2000] as const;

/** `serving_windows/{5m start}.{assigned version}.{arm}.{instance}`: one instance's totals so far, by event time. */
export const ServingWindow = z.object({
  schema_version: z.literal(1),
  start: z.iso.datetime(),
  assigned_version: ServedVersion,
  arm: Arm,
  predictions: z.number().int().min(0),
  /** Answered by something else than the assigned version. */
  fallbacks: z.number().int().min(0),
  /** Answered from routing older than the refresh allows. */
  stale: z.number().int().min(0),
  /** Counts per bin of LATENCY_BOUNDS_MS, keys "0" to "14". */
  latency: z.record(z.string(), z.number().int().min(0)),
  /**
   * Of arms that are analysed (control, treatment, those of experiments), by routing revision: for each bucket of visitors that
   * has predictions its number, and SERVED_SUMS as little-endian float64. Not there in windows of an earlier release.
   */
  by_revision: z.record(z.string(), Bytes).optional(),
});
export type ServingWindow = z.infer<typeof ServingWindow>;

import { cssClasses, cssVariables } from "../design/css.ts";
import { extractFeatures, featuresHash } from "../design/features.ts";
import { applyOverrides, rulePolicy } from "../design/rules.ts";
import { CLASS_GROUPS, type ClassGroup, type Design, FEATURE_NAMES, FEATURE_SCHEMA } from "../design/schema.ts";
import type { VersionModel } from "../model/bundle.ts";
import { iso } from "../shared/time.ts";
import type { Assignment } from "./assign.ts";
import { eligibleGroups, explorationDraws, explore } from "./explore.ts";
import { type ReceiptKeys, signReceipt } from "./receipt.ts";
import type { Prediction, PredictRequest, Receipt, Routing, ServedVersion } from "./schema.ts";

/** One request, with what the server adds to it. */
export interface Visit {
  request: PredictRequest;
  /** Pseudonym of the visitor. */
  unit: string;
  predictionId: string;
  /** Server time, epoch ms. */
  issuedAtMs: number;
  /** Event time, epoch ms. */
  eventAtMs: number;
}

/** What a visit is answered with. */
export interface AnswerContext {
  routing: Routing;
  assignment: Assignment;
  /** The models of a version, if they are at hand. */
  findModel: (version: ServedVersion) => VersionModel | undefined;
  keys: ReceiptKeys;
}

/** A version that was at hand and could not answer. */
interface ScoringFailure {
  version: ServedVersion;
  cause: unknown;
}

/** The answer to a visit, but for how long it took. */
export interface Answer {
  prediction: Omit<Prediction, "processing_time_ms">;
  receipt: Receipt;
  failures: ScoringFailure[];
}

const ACCESSIBILITY_NEEDS = FEATURE_NAMES.indexOf("accessibility_needs");

/**
 * Answers a visit: the assigned version's design, or that of `previous_good`, or the rules'; then what the visitor wants;
 * then, for a stable visit that its own version answered, perhaps one class to learn from.
 */
export function answer(visit: Visit, { routing, assignment, findModel, keys }: AnswerContext): Answer {
  const { user_context: context, history, preferences } = visit.request;
  const features = extractFeatures(context, history);
  const { version, design: answered, varying, failures } = firstAnswer();
  const design = applyOverrides(answered, context, preferences);
  const explorable = assignment.arm === "stable" && version === assignment.version;
  const { classes, propensity } = explore(design.classes, {
    groups: eligibleGroups({
      varying: explorable ? varying : [],
      preferences,
      colourScheme: context.prefers_color_scheme,
      accessibilityNeeds: features[ACCESSIBILITY_NEEDS] ?? Number.NaN,
    }),
    share: routing.exploration_share,
    draws: explorationDraws(routing.salts.exploration, visit.predictionId),
  });
  const receipt: Receipt = {
    prediction_id: visit.predictionId,
    issued_at: iso(visit.issuedAtMs),
    event_at: iso(visit.eventAtMs),
    unit: visit.unit,
    assigned_version: assignment.version,
    model_version: version,
    arm: assignment.arm,
    routing_revision: routing.revision,
    classes: CLASS_GROUPS.map((group) => classes[group]),
    propensity,
    feature_schema: FEATURE_SCHEMA,
    features_hash: featuresHash(features),
  };
  const prediction = {
    prediction_id: visit.predictionId,
    receipt: signReceipt(receipt, keys),
    model_version: version,
    arm: assignment.arm,
    css_classes: cssClasses(classes),
    css_variables: cssVariables(design.variables),
    prediction_confidence: design.confidence,
    propensity,
  };
  return { prediction, receipt, failures };

  function firstAnswer(): Answered & { failures: ScoringFailure[] } {
    const failures: ScoringFailure[] = [];
    for (const candidate of new Set([assignment.version, routing.previous_good])) {
      try {
        const found = candidate === "rules" ? rules() : scored(candidate);
        if (found !== undefined) return { ...found, failures };
      } catch (cause) {
        failures.push({ version: candidate, cause });
      }
    }
    return { ...rules(), failures };
  }

  function rules(): Answered {
    return { version: "rules", design: rulePolicy(context), varying: routing.rules_groups };
  }

  function scored(candidate: ServedVersion): Answered | undefined {
    const model = findModel(candidate);
    if (model === undefined) return undefined;
    const design = model.predict(features);
    assertUsable(design);
    return { version: candidate, design, varying: model.varyingGroups };
  }
}

interface Answered {
  version: ServedVersion;
  design: Design;
  varying: readonly ClassGroup[];
}

/** @throws {RangeError} for a design that a page could not apply: a class that does not exist, a number that is none */
function assertUsable({ classes, variables, confidence }: Design): void {
  cssClasses(classes);
  for (const [name, value] of Object.entries({ ...variables, ...confidence })) {
    if (!Number.isFinite(value)) throw new RangeError(`${name} is ${value}`);
  }
}

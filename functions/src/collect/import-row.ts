import { z } from "zod";
import { Consent, LogBody } from "./schema.ts";

/**
 * One row of somebody's own logs, in the words of a log: what only a prediction of ours could tell is not there, or may be left
 * out. Consent is judged beside it. Unknown fields are dropped.
 */
export const ImportRow = LogBody.omit({
  schema_version: true,
  prediction_id: true,
  receipt: true,
  model_version: true,
  seq: true,
  consent: true,
}).extend({
  /** The site's own id of the visitor, stored as a pseudonym only; without one, a session is a visitor. */
  visitor_id: z.string().min(1).max(128).optional(),
  ended_at: LogBody.shape.ended_at.optional(),
  predicted_css_classes: LogBody.shape.predicted_css_classes.optional(),
  predicted_css_variables: LogBody.shape.predicted_css_variables.default({}),
  prediction_confidence: LogBody.shape.prediction_confidence.optional(),
  served: LogBody.shape.served.default("fresh"),
  predict_outcome: LogBody.shape.predict_outcome.default("ok"),
});
export type ImportRow = z.infer<typeof ImportRow>;

/** Every field that a row may tell. */
const TOLD = z.object({ ...ImportRow.shape, consent: Consent });

/** Of what kind the text of a column is to be understood. */
export type FieldKind = "text" | "number" | "boolean" | "list";

/** The kind of a field by its dotted path (`user_context.viewport_width`), or undefined if a row has no such field. */
export function fieldKind(path: string): FieldKind | undefined {
  return kindAt(TOLD, path.split("."));
}

function kindAt(schema: unknown, [name, ...rest]: readonly string[]): FieldKind | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    if (name === undefined || !Object.hasOwn(inner.shape, name)) return undefined;
    return kindAt(inner.shape[name], rest);
  }
  if (inner instanceof z.ZodRecord)
    return name === undefined || rest.length > 0 ? undefined : kindAt(inner.valueType, []);
  if (name !== undefined) return undefined;
  if (inner instanceof z.ZodNumber) return "number";
  if (inner instanceof z.ZodBoolean) return "boolean";
  return inner instanceof z.ZodArray || inner instanceof z.ZodTuple ? "list" : "text";
}

function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? bare(schema.unwrap()) : schema;
}

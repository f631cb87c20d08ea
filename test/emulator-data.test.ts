import { expect, it } from "vitest";
import { Window } from "../functions/src/collect/schema.ts";
import { Deployment } from "../functions/src/deploy/schema.ts";
import { Evaluation } from "../functions/src/evaluate/schema.ts";
import { ModelVersion } from "../functions/src/registry/schema.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { RetrainingJob } from "../functions/src/train/schema.ts";
import { CONTEXT, postPredict, predictAt } from "./predict-client.ts";

it("answers from a stored version, which routing names and whose files are whole", async () => {
  const { prediction } = await predictAt(1, { visitor_id: "somebody new" });
  expect(prediction.model_version).toMatch(/^v_/);
  expect(prediction.arm).toBe("stable");
});

it("still does for a visit a year after the export", async () => {
  const hora_local = new Date(Date.now() + 365 * 86_400_000).toISOString();
  const { status, body } = await postPredict({ user_context: { ...CONTEXT, hora_local }, visitor_id: "somebody new" });
  expect(status).toBe(200);
  expect(body.model_version).toMatch(/^v_/);
});

it.each([
  ["windows", Window, 100],
  ["model_versions", ModelVersion, 1],
  ["retraining_jobs", RetrainingJob, 1],
  ["evaluations", Evaluation, 1],
  ["deployments", Deployment, 1],
] as const)("lists %s, each as this release reads it", async (collection, schema, least) => {
  const { docs } = await database().collection(collection).limit(1000).get();
  expect(docs.length).toBeGreaterThanOrEqual(least);
  for (const doc of docs) expect(schema.safeParse(doc.data()).error, doc.ref.path).toBeUndefined();
});

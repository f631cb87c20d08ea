import { beforeAll, describe, expect, it } from "vitest";
import type { InteractionLog } from "../functions/src/collect/schema.ts";
import { TrafficStore } from "../functions/src/collect/store.ts";
import { foldTraffic } from "../functions/src/collect/traffic.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { runChecks } from "../functions/src/deploy/run-checks.ts";
import { CLASS_GROUPS } from "../functions/src/design/schema.ts";
import { FOREST_FILE, freezeBundle } from "../functions/src/model/bundle-trees.ts";
import { presentOutputs } from "../functions/src/registry/outputs.ts";
import { PARITY_FILE } from "../functions/src/registry/parity-file.ts";
import { VersionStore } from "../functions/src/registry/store.ts";
import { checksums, versionId } from "../functions/src/registry/version-id.ts";
import { canonicalJson } from "../functions/src/shared/canonical.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { iso } from "../functions/src/shared/time.ts";
import { trainerAnswers } from "../functions/src/train/trainer-answers.ts";
import { randomVersion } from "./random-version.ts";
import { someLog } from "./some-log.ts";
import { somePublication } from "./some-version.ts";

const HOUR = 3_600_000;
/** Virtual time, in which nobody else has any traffic. */
const NOW = Date.parse("2024-03-14T10:00:00Z");

const db = database();
const versions = new VersionStore(db, bucket());
const { bundle, files: models } = randomVersion(4);

/** A version whose trees nobody trained, and what the trainer's module answers by them. */
async function publish(stored: "answers" | "another answer" | "none" = "answers"): Promise<string> {
  const json = (value: unknown) => Buffer.from(canonicalJson(value));
  const files = new Map<string, Uint8Array>([...models, ["bundle.json", json(bundle)]]);
  files.set(FOREST_FILE, freezeBundle(bundle, models) ?? new Uint8Array());
  const answers = await trainerAnswers(bundle, models, 1);
  if (stored === "another answer") answers.answers.theme?.[17]?.reverse();
  if (stored !== "none") files.set(PARITY_FILE, json(answers));
  const version = versionId({ createdMs: Date.now(), artefacts: checksums(files) });
  const gate = { verdict: "not_better", reason: "a test", against: "rules", accuracy_difference: 0 } as const;
  const outputs = presentOutputs();
  await versions.publish(somePublication(version, { gate, outputs, varying_groups: [...CLASS_GROUPS] }), files);
  return version;
}

/** One visit each of so many visitors in an hour. */
async function visited(atMs: number, visitors: number): Promise<void> {
  const logs: InteractionLog[] = Array.from({ length: visitors }, (_, i) =>
    someLog({ event_at: iso(atMs), prediction_id: `${atMs}.${i}`, unit: `${atMs}.${i}` }),
  );
  const batch = db.batch();
  for (const [id, traffic] of foldTraffic(new Map(), logs)) batch.set(db.collection("traffic").doc(id), traffic);
  await batch.commit();
}

async function checked(version: string, nowMs: number) {
  const lifecycle = Lifecycle.parse({});
  const sources = { versions, traffic: new TrafficStore(db), lifecycle, clockMs: () => performance.now() };
  const checks = await runChecks(version, sources, nowMs);
  return { failed: checks.filter(({ ok }) => !ok), of: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

describe("the checks of a published version with trees", () => {
  let version: string;
  beforeAll(async () => {
    version = await publish();
    await visited(NOW - HOUR, 300);
    await visited(NOW - 30 * HOUR, 400);
  });

  it("pass, with answers timed on the rows of the latest visitors, of as many hours as it takes", async () => {
    const { failed, of } = await checked(version, NOW);
    expect(failed).toEqual([]);
    expect(of["model_loading"]?.figures).toMatchObject({ files: 7 });
    // 300 within two hours and within a day are too few, within a week there are 700.
    expect(of["performance_test"]?.figures).toMatchObject({ answers: 504, real_rows: 504 });
    expect(of["data_schema_compatibility"]?.figures).toMatchObject({ outputs_recorded: 11 });
    expect(of["parity"]?.figures).toMatchObject({ rows: 200, targets: 4, answers: 2000, different: 0 });
  });

  it("pass on a site that has had few visitors, and say how many rows were theirs", async () => {
    const { failed, of } = await checked(version, NOW - 29 * HOUR);
    expect(failed).toEqual([]);
    expect(of["performance_test"]?.figures).toMatchObject({ answers: 504, real_rows: 400 });
  });

  it("fail when one stored answer is not what the trees say, with row and target", async () => {
    const { failed } = await checked(await publish("another answer"), NOW);
    expect(failed).toMatchObject([{ name: "parity", message: expect.stringMatching(/^row 17, theme tema-claro: /) }]);
  });

  it("pass where the trainer's answers were not stored yet", async () => {
    const { failed, of } = await checked(await publish("none"), NOW);
    expect(failed).toEqual([]);
    expect(of["parity"]).toMatchObject({ message: expect.stringContaining("before"), figures: { rows: 0 } });
  });
});

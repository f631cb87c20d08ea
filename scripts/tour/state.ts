import { FoldState } from "../../functions/src/collect/schema.ts";
import { Deployment } from "../../functions/src/deploy/schema.ts";
import { Evaluation } from "../../functions/src/evaluate/schema.ts";
import type { VersionModel } from "../../functions/src/model/bundle.ts";
import { ModelVersion } from "../../functions/src/registry/schema.ts";
import { VersionStore } from "../../functions/src/registry/store.ts";
import { Routing } from "../../functions/src/serve/schema.ts";
import { bucket, database, parseDocument } from "../../functions/src/shared/firestore.ts";
import { Alert } from "../../functions/src/shared/schema.ts";
import { RetrainingJob } from "../../functions/src/train/schema.ts";

/** Looks at the system's documents and objects, as a person with a console would; changes nothing. */
export class State {
  private readonly db = database();
  private readonly registry = new VersionStore(this.db, bucket());

  /** The decisions that opened a job. */
  async firedEvaluations(): Promise<Evaluation[]> {
    return (await this.all("evaluations", Evaluation)).filter(({ fired }) => fired !== null);
  }

  async jobs(): Promise<RetrainingJob[]> {
    return this.all("retraining_jobs", RetrainingJob);
  }

  async versions(): Promise<ModelVersion[]> {
    return this.all("model_versions", ModelVersion);
  }

  async deployments(): Promise<Deployment[]> {
    return this.all("deployments", Deployment);
  }

  async alerts(): Promise<Alert[]> {
    return this.all("alerts", Alert);
  }

  async routing(): Promise<Routing | undefined> {
    return parseDocument(Routing, await this.db.doc("routing/live").get());
  }

  /** Logs folded into windows since the beginning, over all shards. */
  async folded(): Promise<number> {
    return (await this.all("pipeline", FoldState)).reduce((sum, { folded }) => sum + folded, 0);
  }

  async count(collection: "interaction_logs" | "quarantined_logs"): Promise<number> {
    return (await this.db.collection(collection).count().get()).data().count;
  }

  /**
   * An object's bytes, from the Storage emulator.
   * @throws {Error} if it cannot be had
   */
  async object(path: string): Promise<Uint8Array> {
    const { storageBucket } = JSON.parse(process.env["FIREBASE_CONFIG"] ?? "{}") as { storageBucket?: string };
    const host = process.env["FIREBASE_STORAGE_EMULATOR_HOST"];
    const url = `http://${host}/download/storage/v1/b/${storageBucket}/o/${encodeURIComponent(path)}?alt=media`;
    const answer = await fetch(url, { headers: { authorization: "Bearer owner" } });
    if (!answer.ok) throw new Error(`${path} cannot be read from Storage: ${answer.status} ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** A version's files, those that are JSON for Python's XGBoost left out: name -> bytes. */
  async files({ version }: ModelVersion): Promise<ReadonlyMap<string, Uint8Array>> {
    return (await this.registry.loadFiles(version)).files;
  }

  /** A version's models, ready to answer. */
  async model({ version }: ModelVersion): Promise<VersionModel> {
    return this.registry.loadModel(version);
  }

  private async all<T>(collection: string, schema: Parameters<typeof parseDocument<T>>[0]): Promise<T[]> {
    const { docs } = await this.db.collection(collection).get();
    return docs.flatMap((snapshot) => parseDocument(schema, snapshot) ?? []);
  }
}

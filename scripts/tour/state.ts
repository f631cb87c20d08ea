import { FoldState } from "../../functions/src/collect/schema.ts";
import { Deployment } from "../../functions/src/deploy/schema.ts";
import { Evaluation } from "../../functions/src/evaluate/schema.ts";
import { ModelVersion } from "../../functions/src/registry/schema.ts";
import { Routing } from "../../functions/src/serve/schema.ts";
import { bucket, database, parseDocument } from "../../functions/src/shared/firestore.ts";
import { RetrainingJob } from "../../functions/src/train/schema.ts";

/** Looks at the system's documents and objects, as a person with a console would; changes nothing. */
export class State {
  private readonly db = database();
  private readonly bucket = bucket();

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

  async object(path: string): Promise<Uint8Array> {
    const [bytes] = await this.bucket.file(path).download();
    return bytes;
  }

  private async all<T>(collection: string, schema: Parameters<typeof parseDocument<T>>[0]): Promise<T[]> {
    const { docs } = await this.db.collection(collection).get();
    return docs.flatMap((snapshot) => parseDocument(schema, snapshot) ?? []);
  }
}

import { CHUNK, IngestStore, type Keeping, portions } from "../../functions/src/collect/ingest-store.ts";
import type { JudgedLog } from "../../functions/src/collect/judge-log.ts";
import { LogStore } from "../../functions/src/collect/store.ts";
import type { database } from "../../functions/src/shared/firestore.ts";

/** What became of a log: a conflict is with something that was spoilt by hand. */
export type Stored = "accepted" | "duplicate" | "conflict";

/** The database that is imported into. */
export class ImportTarget {
  private readonly ingest: IngestStore;
  private readonly logs: LogStore;
  private readonly keeping: Keeping;

  constructor(db: ReturnType<typeof database>, keeping: Keeping) {
    this.ingest = new IngestStore(db);
    this.logs = new LogStore(db);
    this.keeping = keeping;
  }

  /**
   * Stores logs of different ids.
   * @param since epoch ms, if a run that was broken off may have stored some of them from then on: those count as accepted
   */
  async store(logs: readonly JudgedLog[], since: number | null): Promise<Stored[]> {
    const ids = logs.map((log) => log.prediction_id);
    const there = since === null ? new Map<string, string>() : await this.logs.receivedAt(ids);
    const groups = logs.map((log) => ({ predictionId: log.prediction_id, logs: [log] }));
    const placed = await Promise.all(portions(groups, CHUNK).map((chunk) => this.ingest.put(chunk, this.keeping)));
    return placed.flat().map(([placement], i): Stored => {
      if (placement === "accepted" || placement === "conflict") return placement;
      const received = there.get(ids[i] ?? "");
      return since !== null && received !== undefined && Date.parse(received) >= since ? "accepted" : "duplicate";
    });
  }
}

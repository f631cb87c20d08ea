import { FieldPath, type Firestore, type Query } from "firebase-admin/firestore";
import { expiryOf } from "../shared/expiry.ts";
import { readableDocument } from "../shared/firestore.ts";
import { iso } from "../shared/time.ts";
import { type Arm, type ServedVersion, ServingWindow } from "./schema.ts";
import { closeServingWindow, type OpenServingWindow } from "./serving-window.ts";

/** Windows that one batch writes. */
const BATCH = 400;

/** Serving windows that a query reads at a time. */
const PAGE = 500;

/** Writes the serving windows of an instance, and reads those of all. */
export class ServingStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  /** What all instances have answered in the windows that start in [fromMs, toMs), event time. */
  async range({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<ServingWindow[]> {
    const name = (ms: number): string => `${iso(ms).slice(0, 16)}Z`;
    const ordered = this.db
      .collection("serving_windows")
      .orderBy(FieldPath.documentId())
      .endBefore(name(toMs))
      .limit(PAGE);
    return readAll(ordered, name(fromMs));
  }

  /** The same of one version and arm alone, whatever else is served. */
  async rangeOfArm(
    { version, arm }: { version: ServedVersion; arm: Arm },
    { fromMs, toMs }: { fromMs: number; toMs: number },
  ): Promise<ServingWindow[]> {
    const ordered = this.db
      .collection("serving_windows")
      .where("assigned_version", "==", version)
      .where("arm", "==", arm)
      .orderBy("start")
      .orderBy(FieldPath.documentId())
      .endBefore(iso(toMs))
      .limit(PAGE);
    return readAll(ordered, iso(fromMs));
  }

  /** Sets each window, by its name, to its total so far: done twice, it changes nothing. */
  async write(windows: ReadonlyMap<string, OpenServingWindow>): Promise<void> {
    const entries = [...windows];
    const expire_at = expiryOf("served", Date.now());
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = this.db.batch();
      for (const [name, window] of entries.slice(from, from + BATCH)) {
        batch.set(this.db.collection("serving_windows").doc(name), { ...closeServingWindow(window), expire_at });
      }
      await batch.commit();
    }
  }
}

async function readAll(ordered: Query, from: string): Promise<ServingWindow[]> {
  const found: ServingWindow[] = [];
  for (let page = ordered.startAt(from); ; ) {
    const { docs } = await page.get();
    found.push(...docs.flatMap((doc) => readableDocument(ServingWindow, doc) ?? []));
    const last = docs.at(-1);
    if (last === undefined || docs.length < PAGE) return found;
    page = ordered.startAfter(last);
  }
}

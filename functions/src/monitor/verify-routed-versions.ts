import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { VersionStore } from "../registry/store.ts";
import { routedVersions } from "../serve/model-cache.ts";
import { RoutingStore } from "../serve/store.ts";
import { CorruptError } from "../shared/errors.ts";

/**
 * Reads every file of every version that may answer somebody, those too that answers do not need. Reading puts a damaged one in
 * quarantine, and raises the alert.
 * @returns what is wrong, a sentence for each version
 */
export async function verifyRoutedVersions(db: Firestore, bucket: Bucket): Promise<string[]> {
  const versions = new VersionStore(db, bucket);
  const wrong: string[] = [];
  for (const version of routedVersions(await new RoutingStore(db).read())) {
    try {
      await versions.loadFiles(version, "every");
    } catch (error) {
      if (!(error instanceof CorruptError)) throw error;
      wrong.push(error.message);
    }
  }
  return wrong;
}

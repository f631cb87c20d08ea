import type { Bucket } from "@google-cloud/storage";
import type { Firestore } from "firebase-admin/firestore";
import { FoldStore } from "../collect/fold-store.ts";
import { TrafficStore, WindowStore } from "../collect/store.ts";
import type { Lifecycle } from "../config.ts";
import { VersionStore } from "../registry/store.ts";
import { ServingStore } from "../serve/serving-store.ts";
import { RoutingStore } from "../serve/store.ts";
import type { LookSources } from "./look.ts";

/** What a look is taken with, from a project's database and bucket. */
export function lookSources(
  db: Firestore,
  bucket: Bucket,
  { lifecycle, clockMs }: { lifecycle: Lifecycle; clockMs: () => number },
): LookSources {
  return {
    arms: { windows: new WindowStore(db), serving: new ServingStore(db) },
    traffic: new TrafficStore(db),
    folds: new FoldStore(db),
    routing: new RoutingStore(db),
    versions: new VersionStore(db, bucket),
    lifecycle,
    clockMs,
  };
}

import {
  collection,
  type DocumentReference,
  doc,
  type Firestore,
  limit,
  onSnapshot,
  orderBy,
  type Query,
  query,
  where,
} from "firebase/firestore";
import type { Lifecycle } from "../../functions/src/config.ts";
import type { Deployment } from "../../functions/src/deploy/schema.ts";
import type { Experiment } from "../../functions/src/experiment/schema.ts";
import type { Health } from "../../functions/src/monitor/schema.ts";
import type { ModelVersion } from "../../functions/src/registry/schema.ts";
import type { ModelChange, Routing } from "../../functions/src/serve/schema.ts";
import type { Alert, Heartbeat } from "../../functions/src/shared/schema.ts";
import { isSame } from "./words.ts";

/** A document, or several, as far as we know: what is not there, and what cannot be read, is said. */
export type Live<T> =
  | { kind: "loading" }
  | { kind: "missing" }
  | { kind: "failed"; reason: string }
  | { kind: "there"; value: T };

/** All that the page shows. */
export interface State {
  /** routing/live as it stands, and the newest of its journal, which is in force. */
  written: Live<Routing>;
  inForce: Live<Routing>;
  /** The two have differed for longer than one of our own writes takes to be seen in both: an edit by hand waits to be judged. */
  isEdited: boolean;
  /** There is no connection: what is shown may be old. */
  isCutOff: boolean;
  changes: Live<ModelChange[]>;
  deployments: Live<Deployment[]>;
  experiments: Live<Experiment[]>;
  alerts: Live<Alert[]>;
  versions: Live<ModelVersion[]>;
  health: Live<Health>;
  heartbeat: Live<Heartbeat>;
  policy: Live<Partial<Lifecycle>>;
}

const LOADING = { kind: "loading" } as const;

/** Nothing is known yet. */
export function unknownState(): State {
  return {
    written: LOADING,
    inForce: LOADING,
    isEdited: false,
    isCutOff: false,
    changes: LOADING,
    deployments: LOADING,
    experiments: LOADING,
    alerts: LOADING,
    versions: LOADING,
    health: LOADING,
    heartbeat: LOADING,
    policy: LOADING,
  };
}

/** Versions that are shown: what the clean-up keeps, and some of those before. */
const VERSIONS = 20;
/** Milliseconds in which a write of ours is seen in the document and in its journal. */
const SETTLE_MS = 3000;

/**
 * Keeps a state up to date.
 * @param changed whenever something of it is
 * @returns ends it
 */
export function follow(db: Firestore, state: State, changed: () => void): () => void {
  let settling: ReturnType<typeof setTimeout> | undefined;
  const compare = (): void => {
    clearTimeout(settling);
    const differ = isEditedByHand(state);
    if (!differ) state.isEdited = false;
    else if (!state.isEdited) {
      settling = setTimeout(() => {
        state.isEdited = isEditedByHand(state);
        changed();
      }, SETTLE_MS);
    }
  };
  const newest = <T>(of: string, by: keyof T & string, most: number): Query =>
    query(collection(db, of), orderBy(by, "desc"), limit(most));
  const ends = [
    onSnapshot(
      doc(db, "routing/live"),
      { includeMetadataChanges: true },
      ({ metadata }) => {
        state.isCutOff = metadata.fromCache;
        changed();
      },
      // Whoever may not read it is told by the document itself.
      () => {},
    ),
    one<Routing>(doc(db, "routing/live"), set("written")),
    many<Routing>(newest<Routing>("routing/live/journal", "revision", 1), (found) => {
      const first = found.kind === "there" ? found.value[0] : undefined;
      const latest: Live<Routing> = first === undefined ? { kind: "missing" } : { kind: "there", value: first };
      set("inForce")(found.kind === "there" ? latest : found);
    }),
    many<ModelChange>(newest<ModelChange>("change_log", "revision", 5), set("changes")),
    many<Deployment>(newest<Deployment>("deployments", "started_at", 5), set("deployments")),
    many<Experiment>(newest<Experiment>("experiments", "started_at", 5), set("experiments")),
    many<Alert>(query(collection(db, "alerts"), where("status", "==", "open"), limit(500)), set("alerts")),
    many<ModelVersion>(newest<ModelVersion>("model_versions", "created_at", VERSIONS), set("versions")),
    one<Health>(doc(db, "health/live"), set("health")),
    one<Heartbeat>(doc(db, "heartbeats/monitor"), set("heartbeat")),
    one<Partial<Lifecycle>>(doc(db, "config/lifecycle"), set("policy")),
  ];
  return () => {
    clearTimeout(settling);
    for (const end of ends) end();
  };

  function set<K extends Exclude<keyof State, "isEdited" | "isCutOff">>(key: K): (found: State[K]) => void {
    return (found) => {
      state[key] = found;
      compare();
      changed();
    };
  }
}

function isEditedByHand({ written, inForce }: State): boolean {
  if (written.kind === "loading" || inForce.kind === "loading") return false;
  return !isSame(known(written), known(inForce));
}

/** Follows a document. Its type is what its writer promises; whoever shows it says so when it is something else. */
export function one<T>(reference: DocumentReference, set: (found: Live<T>) => void): () => void {
  return onSnapshot(
    reference,
    (snapshot) => set(snapshot.exists() ? { kind: "there", value: snapshot.data() as T } : { kind: "missing" }),
    (error) => set({ kind: "failed", reason: error.message }),
  );
}

function many<T>(wanted: Query, set: (found: Live<T[]>) => void): () => void {
  return onSnapshot(
    wanted,
    ({ docs }) => set({ kind: "there", value: docs.map((found) => found.data() as T) }),
    (error) => set({ kind: "failed", reason: error.message }),
  );
}

/** What a section needs besides its documents, and nothing where it is not there. */
export function known<T>(found: Live<T>): T | undefined {
  return found.kind === "there" ? found.value : undefined;
}

/** The deployment that goes on, of which there is one at most. */
export function openDeployment(all: readonly Deployment[]): Deployment | undefined {
  return all.find(({ ended_at }) => ended_at === null);
}

/** The experiment that runs, else the newest that was decided and waits for a person. */
export function openExperiment(all: readonly Experiment[]): Experiment | undefined {
  return all.find(({ phase }) => phase === "running") ?? all.find(({ phase }) => phase === "decided");
}

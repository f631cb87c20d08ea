import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  assertFails,
  assertSucceeds,
  initializeTestEnvironment,
  type RulesTestEnvironment,
} from "@firebase/rules-unit-testing";
import {
  collection,
  deleteDoc,
  doc,
  getDoc,
  getDocs,
  limit,
  query,
  setDoc,
  setLogLevel,
  updateDoc,
} from "firebase/firestore";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Who asks: with a role, without one, with a claim but no role, and without signing in. */
const PEOPLE = ["admin", "viewer", "nobody", "claims", "anonymous"] as const;
type Person = (typeof PEOPLE)[number];
const ADMINS: readonly Person[] = ["admin"];
const WATCHERS: readonly Person[] = ["admin", "viewer"];
const NONE: readonly Person[] = [];

/** A document of every collection, and who may read and write it. */
const TABLE: { path: string; read: readonly Person[]; write: readonly Person[] }[] = [
  { path: "interaction_logs/AAAAAAAAAAAAAAAAAAAAAA", read: ADMINS, write: NONE },
  { path: "quarantined_logs/AAAAAAAAAAAAAAAAAAAAAA", read: ADMINS, write: NONE },
  { path: "ingest_windows/2026-09-28T05:10Z.i", read: WATCHERS, write: NONE },
  { path: "pipeline/fold-0", read: WATCHERS, write: NONE },
  { path: "windows/rules.stable.5m.2026-09-28T05:10Z.0", read: WATCHERS, write: NONE },
  { path: "serving_windows/2026-09-28T05:10Z.rules.stable.i", read: WATCHERS, write: NONE },
  { path: "evaluations/2026-09-28T05Z", read: WATCHERS, write: NONE },
  { path: "retraining_jobs/data_volume.rules.2026-09-28T05Z", read: WATCHERS, write: NONE },
  { path: "model_versions/v_20260928T050000Z_0123456789ab", read: WATCHERS, write: NONE },
  { path: "deployments/d.v_20260928T050000Z_0123456789ab", read: WATCHERS, write: NONE },
  { path: "experiments/larger-letters", read: WATCHERS, write: NONE },
  { path: "reviews/review.2026-Q4", read: WATCHERS, write: NONE },
  { path: "history/day.2026-09-28", read: WATCHERS, write: NONE },
  { path: "history/holdback.2026-09", read: WATCHERS, write: NONE },
  { path: "change_log/000000000001", read: WATCHERS, write: NONE },
  { path: "alerts/a", read: WATCHERS, write: NONE },
  { path: "alert_deliveries/a.1", read: WATCHERS, write: NONE },
  { path: "health/live", read: WATCHERS, write: NONE },
  { path: "heartbeats/monitor", read: WATCHERS, write: NONE },
  { path: "audit/000000000001", read: ADMINS, write: NONE },
  { path: "roles/somebody-else", read: ADMINS, write: NONE },
  { path: "routing/live", read: WATCHERS, write: ADMINS },
  { path: "routing/live/journal/000000000001", read: WATCHERS, write: NONE },
  { path: "routing/other", read: NONE, write: NONE },
  { path: "config/lifecycle", read: WATCHERS, write: ADMINS },
  { path: "config/lifecycle/journal/000000000001", read: WATCHERS, write: NONE },
  { path: "config/other", read: NONE, write: NONE },
  { path: "log_inbox/l", read: NONE, write: NONE },
  { path: "windows/w/deeper/d", read: NONE, write: NONE },
  { path: "anything/else", read: NONE, write: NONE },
];

/** Collections whose documents may be listed, and by whom. */
const LISTS: { path: string; list: readonly Person[] }[] = [
  { path: "interaction_logs", list: ADMINS },
  { path: "quarantined_logs", list: ADMINS },
  { path: "audit", list: ADMINS },
  { path: "roles", list: ADMINS },
  { path: "windows", list: WATCHERS },
  { path: "model_versions", list: WATCHERS },
  { path: "experiments", list: WATCHERS },
  { path: "routing/live/journal", list: WATCHERS },
  { path: "log_inbox", list: NONE },
];

let environment: RulesTestEnvironment;

beforeAll(async () => {
  // Every denial, and here they are what is wanted, would be a line of the test's output.
  setLogLevel("silent");
  const [host = "", port = ""] = (process.env["FIRESTORE_EMULATOR_HOST"] ?? "").split(":");
  environment = await initializeTestEnvironment({
    // A project of its own, so that nothing of the others' is in the way.
    projectId: "demo-perennial-rules",
    firestore: {
      host,
      port: Number(port),
      rules: readFileSync(resolve(import.meta.dirname, "../firestore.rules"), "utf8"),
    },
  });
  await environment.withSecurityRulesDisabled(async (context) => {
    const db = context.firestore();
    for (const { path } of TABLE) await setDoc(doc(db, path), { there: true });
    await setDoc(doc(db, "roles/admin"), { role: "admin" });
    await setDoc(doc(db, "roles/viewer"), { role: "viewer" });
    await setDoc(doc(db, "roles/odd"), { role: "owner" });
    await setDoc(doc(db, "roles/empty"), {});
  });
});

afterAll(async () => {
  await environment.cleanup();
});

/** One client a person, since opening one takes longer than what it is asked. */
const clients = new Map<Person, ReturnType<typeof clientOf>>();

function as(person: Person) {
  const client = clients.get(person) ?? clientOf(person);
  clients.set(person, client);
  return client;
}

function clientOf(person: Person) {
  if (person === "anonymous") return environment.unauthenticatedContext().firestore();
  // Whoever can set a claim of their own must gain nothing by it.
  return environment
    .authenticatedContext(person, person === "claims" ? { role: "admin", admin: true } : {})
    .firestore();
}

/** Lets everybody try at once, and says who was treated wrongly. */
async function onlyFor(
  allowed: readonly Person[],
  attempt: (db: ReturnType<typeof as>, person: Person) => Promise<unknown>,
): Promise<void> {
  const wrong = await Promise.all(
    PEOPLE.map(async (person) => {
      const tried = attempt(as(person), person);
      const asserted = allowed.includes(person) ? assertSucceeds(tried) : assertFails(tried);
      return asserted.then(
        () => [],
        () => [person],
      );
    }),
  );
  expect(wrong.flat()).toEqual([]);
}

describe("firestore.rules", () => {
  it.each(TABLE)("$path is read by $read only", async ({ path, read }) => {
    await onlyFor(read, (db) => getDoc(doc(db, path)));
  });

  it.each(TABLE)("$path is changed by $write only, and deleted by nobody", async ({ path, write }) => {
    await onlyFor(write, (db, person) => updateDoc(doc(db, path), { by: person }));
    await onlyFor(write, (db) => setDoc(doc(db, path), { there: true }));
    await onlyFor(NONE, (db) => deleteDoc(doc(db, path)));
  });

  it.each(TABLE)("nobody creates a document beside $path", async ({ path }) => {
    await onlyFor(NONE, (db) => setDoc(doc(db, `${path}-new`), { there: true }));
  });

  it.each(["routing/live", "config/lifecycle"])("%s is created by admins only", async (path) => {
    await environment.withSecurityRulesDisabled((context) => deleteDoc(doc(context.firestore(), path)));
    await onlyFor(ADMINS, (db) => setDoc(doc(db, path), { there: true }));
  });

  it.each(LISTS)("$path is listed by $list only", async ({ path, list }) => {
    await onlyFor(list, (db) => getDocs(query(collection(db, path), limit(1))));
  });

  it.each(["admin", "viewer", "nobody"] as const)("%s reads the own role and cannot change it", async (person) => {
    const own = doc(as(person), `roles/${person}`);
    await assertSucceeds(getDoc(own));
    await assertFails(setDoc(own, { role: "admin" }));
  });

  it("an anonymous visitor cannot ask for a role", async () => {
    await assertFails(getDoc(doc(as("anonymous"), "roles/admin")));
    await assertFails(getDoc(doc(as("anonymous"), "roles/undefined")));
  });

  it.each(["odd", "empty"])("a role that is none (%s) opens nothing", async (uid) => {
    const db = environment.authenticatedContext(uid).firestore();
    await assertFails(getDoc(doc(db, "windows/rules.stable.5m.2026-09-28T05:10Z.0")));
    await assertFails(getDoc(doc(db, "audit/000000000001")));
  });
});

describe("the inbox", () => {
  const FULL = "x".repeat(16 * 1024);
  let count = 0;
  const leave = (content: object, id = `log-${++count}`) => setDoc(doc(as("anonymous"), `log_inbox/${id}`), content);
  const setPolicy = (policy: object) =>
    environment.withSecurityRulesDisabled((context) => setDoc(doc(context.firestore(), "config/lifecycle"), policy));

  it.each([{}, { collect: {} }, { collect: { inbox_enabled: false } }, { collect: { inbox_enabled: "yes" } }])(
    "is closed to everybody while the policy is %j",
    async (policy) => {
      await setPolicy(policy);
      await onlyFor(NONE, (db, person) => setDoc(doc(db, `log_inbox/by-${person}`), { body: "{}" }));
    },
  );

  it("is closed to everybody without a policy", async () => {
    await environment.withSecurityRulesDisabled((context) => deleteDoc(doc(context.firestore(), "config/lifecycle")));
    await assertFails(leave({ body: "{}" }));
  });

  describe("that is open", () => {
    beforeAll(() => setPolicy({ collect: { inbox_enabled: true } }));

    it("takes one text of at most 16 KiB from everybody", async () => {
      await onlyFor(PEOPLE, (db, person) => setDoc(doc(db, `log_inbox/open-${person}`), { body: FULL }));
    });

    it.each<[string, object]>([
      ["a longer text", { body: `${FULL}x` }],
      ["a text of more bytes than characters", { body: `${FULL.slice(1)}ñ` }],
      ["a number", { body: 1 }],
      ["a map", { body: { a: 1 } }],
      ["nothing", {}],
      ["more fields", { body: "{}", more: 1 }],
      ["another field", { log: "{}" }],
    ])("refuses %s", async (_, content) => {
      await assertFails(leave(content));
    });

    it("refuses ids that are long or odd, and collections below", async () => {
      await assertFails(leave({ body: "{}" }, "x".repeat(65)));
      await assertFails(leave({ body: "{}" }, "a.b"));
      await assertFails(leave({ body: "{}" }, "a/deeper/b"));
    });

    it("lets nobody read, change or delete what lies there", async () => {
      await leave({ body: "{}" }, "there");
      await onlyFor(NONE, (db) => getDoc(doc(db, "log_inbox/there")));
      await onlyFor(NONE, (db) => getDocs(query(collection(db, "log_inbox"), limit(1))));
      await onlyFor(NONE, (db) => setDoc(doc(db, "log_inbox/there"), { body: "[]" }));
      await onlyFor(NONE, (db) => updateDoc(doc(db, "log_inbox/there"), { body: "[]" }));
      await onlyFor(NONE, (db) => deleteDoc(doc(db, "log_inbox/there")));
    });
  });
});

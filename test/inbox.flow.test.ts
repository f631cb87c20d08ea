import { deleteApp, initializeApp } from "firebase/app";
import { addDoc, collection, connectFirestoreEmulator, getFirestore, setLogLevel } from "firebase/firestore";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { IngestWindow, LogBody } from "../functions/src/collect/schema.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { LIFECYCLE_PATH } from "../functions/src/shared/lifecycle.ts";
import { restorePolicyAfterwards } from "./policy.ts";
import { signedLog } from "./signed-log.ts";

const db = database();
/** A site that writes by the Firestore SDK: nobody has signed in. */
const site = initializeApp({ projectId: process.env["GOOGLE_CLOUD_PROJECT"] ?? "" }, "site");
const inbox = collection(getFirestore(site), "log_inbox");
restorePolicyAfterwards();

beforeAll(() => {
  setLogLevel("silent");
  const [host = "", port = ""] = (process.env["FIRESTORE_EMULATOR_HOST"] ?? "").split(":");
  connectFirestoreEmulator(getFirestore(site), host, Number(port));
});

afterAll(() => deleteApp(site));

const leave = (body: string) => addDoc(inbox, { body });
const stored = async (log: LogBody) => (await db.doc(`interaction_logs/${log.prediction_id}`).get()).data();

/** Waits until the inbox is empty. */
const taken = () =>
  vi.waitFor(async () => expect((await db.collection("log_inbox").limit(1).get()).size).toBe(0), {
    timeout: 30_000,
    interval: 100,
  });

/** What all instances have counted so far: a body of six hundred faults makes the inbox's write what it has. */
async function counts(): Promise<Pick<IngestWindow, "accepted" | "duplicates" | "rejected">> {
  await leave("x\n".repeat(600));
  await taken();
  const { docs } = await db.collection("ingest_windows").get();
  const sum = (field: string) => docs.reduce((total, doc) => total + Number(doc.get(field)), 0);
  return { accepted: sum("accepted"), duplicates: sum("duplicates"), rejected: sum("rejected") };
}

describe("a log that a site leaves in the inbox", () => {
  it("does not get there while the policy keeps it closed", async () => {
    await db.doc(LIFECYCLE_PATH).set({});
    await expect(leave(JSON.stringify(signedLog()))).rejects.toThrow();
  });

  it("is deleted unread if it was there when the inbox was closed", async () => {
    const log = signedLog();
    await db.collection("log_inbox").add({ body: JSON.stringify(log) });
    await taken();
    expect(await stored(log)).toBeUndefined();
  });

  it("is stored as if it had been posted, counted, and deleted; bad ones are counted and deleted", async () => {
    await db.doc(LIFECYCLE_PATH).set({ collect: { inbox_enabled: true } });
    const before = await counts();
    const log = signedLog();
    await leave(JSON.stringify(log));
    await taken();
    expect(await stored(log)).toMatchObject({ prediction_id: log.prediction_id, source: "live" });
    // The same again, one without a receipt, one that is no log, and what only an admin's SDK could leave.
    await leave(JSON.stringify(log));
    await leave(JSON.stringify({ ...signedLog(), receipt: undefined }));
    await leave("not a log");
    await db.collection("log_inbox").add({ something: "else" });
    await taken();
    const after = await counts();
    expect(after.accepted - before.accepted).toBe(1);
    expect(after.duplicates - before.duplicates).toBe(1);
    expect(after.rejected - before.rejected).toBe(600 + 3);
  });

  it("is stored once, however often and at once it is left", async () => {
    const log = signedLog();
    await Promise.all(Array.from({ length: 10 }, () => leave(JSON.stringify(log))));
    await taken();
    expect(await stored(log)).toBeDefined();
  });
});

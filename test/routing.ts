import { randomBytes } from "node:crypto";
import { VersionStore } from "../functions/src/registry/store.ts";
import { FIRST_ROUTING, type Routing } from "../functions/src/serve/schema.ts";
import { type RoutingChange, RoutingStore, revised } from "../functions/src/serve/store.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { someFiles, somePublication } from "./some-version.ts";

/** Puts a routing in force as the system does: everything as at first, but for what the test is about. */
export async function putRouting(change: RoutingChange = {}): Promise<Routing> {
  const { schema_version: _v, revision: _r, written_by: _w, reason: _why, updated_at: _at, ...first } = FIRST_ROUTING;
  const why = { who: "system", reason: "a test", nowMs: Date.now() };
  const put = () =>
    new RoutingStore(database()).change(({ routing }) => ({
      next: revised(routing, { ...first, ...change }, why),
      who: "system",
      action: "test",
      details: {},
    }));
  const { next } = await put().catch((error: unknown) => {
    // The emulator closes a transaction that has waited long for another's locks, where Firestore lets it try again.
    if (error instanceof Error && error.message.includes("Transaction is invalid or closed")) return put();
    throw error;
  });
  return next;
}

/** Publishes a version that only one test has; it answers everyone with densidad-alta and tema-oscuro. */
export async function publishConstantVersion(): Promise<string> {
  const { version, files } = someFiles(Date.now(), randomBytes(8).toString("hex"));
  await new VersionStore(database(), bucket()).publish(somePublication(version), files);
  return version;
}

import { createRequire } from "node:module";
import { join } from "node:path";
import type { Role } from "../../functions/src/shared/schema.ts";
import { ROOT } from "./emulators.ts";

// The Admin SDK is the functions' dependency; scripts use the same one.
const require = createRequire(join(ROOT, "functions/package.json"));

/** The Admin SDK's Firestore of a project, or of the emulator where FIRESTORE_EMULATOR_HOST says so. */
export function adminFirestore(
  projectId: string,
  databaseId = "(default)",
): import("firebase-admin/firestore").Firestore {
  const { getApps, initializeApp } = require("firebase-admin/app") as typeof import("firebase-admin/app");
  const { getFirestore } = require("firebase-admin/firestore") as typeof import("firebase-admin/firestore");
  const app = getApps().find(({ name }) => name === projectId) ?? initializeApp({ projectId }, projectId);
  return getFirestore(app, databaseId);
}

/** Writes `roles/{uid}`. */
export async function grantRole(grant: {
  uid: string;
  role: Role["role"];
  grantedBy: string;
  projectId?: string;
  databaseId?: string;
}): Promise<void> {
  const projectId = grant.projectId ?? process.env["GCLOUD_PROJECT"] ?? "demo-perennial";
  const role: Role = {
    schema_version: 1,
    role: grant.role,
    granted_at: new Date().toISOString(),
    granted_by: grant.grantedBy,
  };
  await adminFirestore(projectId, grant.databaseId).collection("roles").doc(grant.uid).set(role);
}

import { createRequire } from "node:module";
import { join } from "node:path";
import { database } from "../../functions/src/shared/firestore.ts";
import type { Role } from "../../functions/src/shared/schema.ts";
import { ROOT, SetupError } from "./project.ts";

/** Writes `roles/{uid}` in the project, or on the emulators, that the environment names. */
export async function grantRole(grant: { uid: string; role: Role["role"]; grantedBy: string }): Promise<void> {
  const role: Role = {
    schema_version: 1,
    role: grant.role,
    granted_at: new Date().toISOString(),
    granted_by: grant.grantedBy,
  };
  await database().collection("roles").doc(grant.uid).set(role);
}

/** Password of users who are made on the emulators, where nobody has anything to protect. */
export const LOCAL_PASSWORD = "perennial";

interface Auth {
  getUserByEmail(email: string): Promise<{ uid: string }>;
  createUser(user: { email: string; password: string }): Promise<{ uid: string }>;
}

/**
 * The id of the user with this address. The Auth emulator begins empty, so there a user is made, with LOCAL_PASSWORD.
 * @throws {SetupError} if the project has none
 */
export async function uidOf(email: string): Promise<string> {
  // The Admin SDK is a package of functions/; `database` has made its app.
  const require = createRequire(join(ROOT, "functions/package.json"));
  database();
  const auth = (require("firebase-admin/auth") as { getAuth(): Auth }).getAuth();
  try {
    return (await auth.getUserByEmail(email)).uid;
  } catch (error) {
    if ((error as { code?: string }).code !== "auth/user-not-found") throw error;
    if (process.env["FIREBASE_AUTH_EMULATOR_HOST"] !== undefined) {
      return (await auth.createUser({ email, password: LOCAL_PASSWORD })).uid;
    }
    throw new SetupError(`No user has the address ${email}: let them sign in once, then grant again.`);
  }
}

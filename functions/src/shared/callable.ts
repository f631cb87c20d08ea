import type { Firestore } from "firebase-admin/firestore";
import { type CallableRequest, HttpsError } from "firebase-functions/https";
import { InputError, RefusedError } from "./errors.ts";
import { database, parseDocument } from "./firestore.ts";
import { Role } from "./schema.ts";

/** Who calls, once it is known that this person may. */
export interface Admin {
  uid: string;
}

/**
 * Lets only admins (`roles/{uid}`) in and turns our errors into the callable protocol's: bad input becomes
 * `invalid-argument` with its issues, a refusal `failed-precondition`, everything unexpected `internal` without details.
 */
export async function asAdmin<T>(
  request: CallableRequest<unknown>,
  act: (admin: Admin, db: Firestore) => Promise<T>,
): Promise<T> {
  const uid = request.auth?.uid;
  if (uid === undefined) throw new HttpsError("unauthenticated", "sign in first");
  const db = database();
  const role = parseDocument(Role, await db.collection("roles").doc(uid).get());
  if (role?.role !== "admin") throw new HttpsError("permission-denied", "this needs the role admin in roles/{uid}");
  try {
    return await act({ uid }, db);
  } catch (error) {
    if (error instanceof InputError) throw new HttpsError("invalid-argument", error.message, { issues: error.issues });
    if (error instanceof RefusedError) throw new HttpsError("failed-precondition", error.message);
    throw error;
  }
}

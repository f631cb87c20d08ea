import { randomUUID } from "node:crypto";
import { grantRole } from "./roles.ts";

/** Where a running stack is spoken to, from the variables that with-emulators and start set. */
function stackUrls(): { functionsUrl: string; hostingUrl: string } {
  return { functionsUrl: variable("PERENNIAL_FUNCTIONS_URL"), hostingUrl: variable("PERENNIAL_HOSTING_URL") };
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this beside the emulators (node scripts/with-emulators.ts -- ...)`);
  return value;
}

/** The outcome of a callable: its result, or the protocol's error. */
export type CallableOutcome =
  | { ok: true; result: unknown }
  | { ok: false; status: string; message: string; details: unknown };

/** Calls a callable function as the Firebase SDKs do. */
export async function callFunction(name: string, data: unknown, idToken?: string): Promise<CallableOutcome> {
  const answer = await fetch(`${stackUrls().functionsUrl}/${name}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(idToken === undefined ? {} : { authorization: `Bearer ${idToken}` }),
    },
    body: JSON.stringify({ data }),
  });
  const body = (await answer.json()) as {
    result?: unknown;
    error?: { status: string; message: string; details?: unknown };
  };
  if (body.error === undefined) return { ok: true, result: body.result };
  return { ok: false, status: body.error.status, message: body.error.message, details: body.error.details };
}

/** Calls a scheduled function as Cloud Scheduler does, at any time: its `event.scheduleTime` is the one given. */
export async function runSchedule(
  name: string,
  scheduleTime: string,
  functionsUrl = stackUrls().functionsUrl,
): Promise<void> {
  const answer = await fetch(`${functionsUrl}/${name}-0`, {
    method: "POST",
    headers: { "X-CloudScheduler-JobName": name, "X-CloudScheduler-ScheduleTime": scheduleTime },
  });
  if (!answer.ok) throw new Error(`${name} at ${scheduleTime} answered ${answer.status}: ${await answer.text()}`);
}

/** A user of the Auth emulator. */
export interface LocalUser {
  uid: string;
  idToken: string;
  email: string;
  password: string;
}

/** A new user of the Auth emulator, with the given role or without one. */
export async function signUp(role: "admin" | "viewer" | null): Promise<LocalUser> {
  const [email, password] = [`${randomUUID()}@example.com`, randomUUID()];
  const host = variable("FIREBASE_AUTH_EMULATOR_HOST");
  const answer = await fetch(`http://${host}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password, returnSecureToken: true }),
  });
  if (!answer.ok) throw new Error(`the Auth emulator refused a new user: ${await answer.text()}`);
  const { localId, idToken } = (await answer.json()) as { localId: string; idToken: string };
  if (role !== null) await grantRole({ uid: localId, role, grantedBy: "the local stack" });
  return { uid: localId, idToken, email, password };
}

import { type FirebaseOptions, initializeApp } from "firebase/app";
import { type Auth, connectAuthEmulator, getAuth } from "firebase/auth";
import { connectFirestoreEmulator, type Firestore, initializeFirestore } from "firebase/firestore";
import { connectFunctionsEmulator, type Functions, getFunctions } from "firebase/functions";

/** The project that this page belongs to. */
export interface Project {
  id: string;
  /** Nothing here is real. */
  isEmulated: boolean;
  auth: Auth;
  db: Firestore;
  functions: Functions;
}

interface Emulators {
  auth?: { hostAndPort: string };
  firestore?: { host: string; port: number };
  functions?: { host: string; port: number };
}

/**
 * Connects to the project whose Hosting serves this page: it tells its configuration at a reserved address.
 * @throws in words, when this is no Firebase Hosting, or no web app is registered
 */
export async function connect(): Promise<Project> {
  const options = await configuration();
  const emulators = await runningEmulators();
  const app = initializeApp(options);
  const auth = getAuth(app);
  const db = initializeFirestore(app, {}, setting("perennial-database"));
  const functions = getFunctions(app, setting("perennial-region"));
  if (emulators.auth) connectAuthEmulator(auth, `http://${emulators.auth.hostAndPort}`, { disableWarnings: true });
  if (emulators.firestore) connectFirestoreEmulator(db, emulators.firestore.host, emulators.firestore.port);
  if (emulators.functions) connectFunctionsEmulator(functions, emulators.functions.host, emulators.functions.port);
  return { id: options.projectId ?? "", isEmulated: emulators.firestore !== undefined, auth, db, functions };
}

async function configuration(): Promise<FirebaseOptions> {
  const answer = await fetch("/__/firebase/init.json");
  const options = answer.ok ? ((await answer.json().catch(() => null)) as FirebaseOptions | null) : null;
  if (options !== null) return options;
  throw new Error(
    "/__/firebase/init.json tells no configuration: this page must be served by Firebase Hosting, of a project in which a web app is registered (Project settings, Your apps).",
  );
}

/** Those beside the Hosting emulator, which tells them only in a script for the older SDK; on real Hosting there are none. */
async function runningEmulators(): Promise<Emulators> {
  if (!["localhost", "127.0.0.1"].includes(location.hostname)) return {};
  const script = await (await fetch("/__/firebase/init.js?useEmulator=true")).text();
  const found = /^\s*var firebaseEmulators = (\{[\s\S]*?^\});/m.exec(script)?.[1];
  return found === undefined ? {} : (JSON.parse(found) as Emulators);
}

/** A setting of the page, by the name of its `<meta>`; nothing where it is not there. */
export function setting(name: "perennial-region" | "perennial-database"): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fixedPort, isFreePort } from "./ports.ts";
import { PROJECT, ROOT, SetupError } from "./project.ts";

/**
 * Points SDKs and params to a real project, or without one to the local emulators; what is set already stays.
 * @throws {SetupError} the emulators do not run
 */
export async function pointTo({ project, database }: { project?: string; database: string }): Promise<void> {
  const id = project ?? PROJECT;
  process.env["GOOGLE_CLOUD_PROJECT"] = id;
  process.env["DATABASE_ID"] = database;
  const functions = join(ROOT, "functions");
  const settings = project === undefined ? [".env.local", ".secret.local"] : [`.env.${project}`, ".env"];
  for (const name of settings) {
    if (existsSync(join(functions, name))) process.loadEnvFile(join(functions, name));
  }
  if (project !== undefined || process.env["FIRESTORE_EMULATOR_HOST"] !== undefined) return;
  const firestore = fixedPort("firestore");
  if (await isFreePort(firestore)) {
    throw new SetupError("The emulators do not run: npm start, or name a project with --project.");
  }
  // Nobody needs to know here whether this machine is one of Google's.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  process.env["FIRESTORE_EMULATOR_HOST"] = `127.0.0.1:${firestore}`;
  process.env["STORAGE_EMULATOR_HOST"] = `http://127.0.0.1:${fixedPort("storage")}`;
}

// npm run grant-admin: says who may act. Locally it speaks to the emulators of `npm start`; in a project it uses your
// application default credentials (gcloud auth application-default login).
import { userInfo } from "node:os";
import { Command, Option } from "commander";
import { fixedPort, isFreePort } from "./stack/ports.ts";
import { PROJECT, SetupError } from "./stack/project.ts";
import { grantRole, uidOf } from "./stack/roles.ts";

const options = new Command("npm run grant-admin --")
  .description("Writes roles/{uid}: without --project on the local emulators, with it in that Firebase project.")
  .option("--email <address>", "the user's address in Firebase Authentication")
  .option("--uid <uid>", "or the user's id there")
  .addOption(
    new Option("--role <role>", "admin may act, viewer may look").choices(["admin", "viewer"]).default("admin"),
  )
  .option("--project <id>", "a real Firebase project")
  .option("--database <id>", "its Firestore database", "(default)")
  .parse()
  .opts<{ email?: string; uid?: string; role: "admin" | "viewer"; project?: string; database: string }>();

async function pointToEmulators(): Promise<void> {
  const firestore = fixedPort("firestore");
  if (await isFreePort(firestore)) {
    throw new SetupError("The emulators do not run: npm start, or name a project with --project.");
  }
  // Nobody needs to know here whether this machine is one of Google's.
  process.env["METADATA_SERVER_DETECTION"] = "none";
  process.env["FIRESTORE_EMULATOR_HOST"] = `127.0.0.1:${firestore}`;
  process.env["FIREBASE_AUTH_EMULATOR_HOST"] = `127.0.0.1:${fixedPort("auth")}`;
}

try {
  if ((options.email === undefined) === (options.uid === undefined)) {
    throw new SetupError("Name the user: either --email or --uid.");
  }
  if (options.project === undefined) await pointToEmulators();
  const project = options.project ?? PROJECT;
  process.env["GOOGLE_CLOUD_PROJECT"] = project;
  process.env["DATABASE_ID"] = options.database;
  const uid = options.uid ?? (await uidOf(options.email ?? ""));
  await grantRole({ uid, role: options.role, grantedBy: userInfo().username });
  console.log(`${options.email ?? uid} is ${options.role} in ${project} (roles/${uid}).`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

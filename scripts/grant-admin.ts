// npm run grant-admin: says who may act. Locally it finds the emulators of `npm start`; in a project it uses your
// application default credentials (gcloud auth application-default login).
import { userInfo } from "node:os";
import { Command } from "commander";
import { grantRole } from "./stack/roles.ts";

const options = new Command("grant-admin")
  .description("Writes roles/{uid}: without --project on the local emulators, with it in that Firebase project.")
  .requiredOption("--uid <uid>", "the user's id in Firebase Authentication")
  .option("--role <role>", "admin (may act) or viewer (may look)", "admin")
  .option("--project <id>", "a real Firebase project")
  .option("--database <id>", "Firestore database", "(default)")
  .parse()
  .opts<{ uid: string; role: string; project?: string; database: string }>();

if (options.role !== "admin" && options.role !== "viewer") {
  console.error(`--role must be admin or viewer, not ${options.role}`);
  process.exit(2);
}
if (options.project === undefined) process.env["FIRESTORE_EMULATOR_HOST"] ??= "127.0.0.1:8080";
const projectId = options.project ?? "demo-perennial";
await grantRole({
  uid: options.uid,
  role: options.role,
  grantedBy: userInfo().username,
  projectId,
  databaseId: options.database,
});
console.log(`${options.uid} is ${options.role} in ${projectId}.`);

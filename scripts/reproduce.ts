// npm run --silent reproduce -- VERSION: makes a published version again from what its document tells, and compares every file.
// Locally it speaks to the emulators of `npm start`; in a project it uses your application default credentials.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CorruptError, RefusedError as Refused } from "../functions/src/shared/errors.ts";
import { bucket, database } from "../functions/src/shared/firestore.ts";
import { reproduceVersion } from "../functions/src/train/reproduce-version.ts";
import { commandLine, RefusedError, runCommand } from "./cli/command-line.ts";
import { pointTo } from "./stack/point-to.ts";
import { PROJECT, ROOT, SetupError } from "./stack/project.ts";

/** Exit status where a file came out as another. */
const DIFFERENT = 1;

interface Options {
  project?: string;
  database: string;
  bucket?: string;
  json?: true;
}

async function reproduce(version: string, { json, ...where }: Options): Promise<void> {
  await pointTo(where);
  const project = where.project ?? PROJECT;
  // Projects from before October 2024 have one that ends in .appspot.com, as the emulators do.
  const storageBucket =
    where.bucket ?? `${project}.${where.project === undefined ? "appspot.com" : "firebasestorage.app"}`;
  process.env["FIREBASE_CONFIG"] ??= JSON.stringify({ projectId: project, storageBucket });
  const release = JSON.parse(readFileSync(join(ROOT, "functions/package.json"), "utf8")) as { version: string };
  const db = database();
  let told = "";
  const beat = async (message: string): Promise<void> => {
    // A line for every new kind of work, not for every round.
    const kind = message.replace(/\d+/g, "").trim();
    if (kind !== told) console.error(`  ${message}`);
    told = kind;
  };
  try {
    const done = await reproduceVersion({ db, bucket: bucket(), codeVersion: release.version }, version, beat);
    if (json) console.log(JSON.stringify(done));
    else {
      for (const { file, published, reproduced } of done.files) {
        console.log(
          `${published === reproduced ? "same     " : "DIFFERENT"} ${file} ${(reproduced ?? "not made").slice(0, 12)}`,
        );
      }
      console.log(`${version} is ${done.isSame ? "the same" : "not the same"}, from ${done.rows} visits.`);
    }
    if (!done.isSame) process.exitCode = DIFFERENT;
  } finally {
    await db.terminate();
  }
}

const program = commandLine("npm run --silent reproduce --")
  .description("Makes a published version again from what its document tells, and compares every file. Writes nothing.")
  .argument("<version>", "v_20260928T051200Z_0123456789ab")
  .option("--project <id>", "a real Firebase project; without it, the local emulators")
  .option("--database <id>", "its Firestore database", "(default)")
  .option("--bucket <name>", "its default bucket, if that is not <project>.firebasestorage.app")
  .option("--json", "as one JSON object")
  .action(reproduce);

await runCommand(program, { refusals: [RefusedError, Refused, CorruptError, SetupError], others: "in one line" });

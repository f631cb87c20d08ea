// npm run import -- FILE: takes your own logs of visits, for trainings only. Locally it speaks to the emulators of `npm start`; in
// a project it uses your application default credentials (gcloud auth application-default login).
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { ImportMapping } from "../functions/src/collect/import-mapping.ts";
import { Lifecycle } from "../functions/src/config.ts";
import { pseudonym } from "../functions/src/serve/pseudonym.ts";
import { canonicalJson, sha256 } from "../functions/src/shared/canonical.ts";
import { fieldIssues, inWords, reasonOf } from "../functions/src/shared/errors.ts";
import { database } from "../functions/src/shared/firestore.ts";
import { readLifecycle } from "../functions/src/shared/lifecycle.ts";
import { commandLine, RefusedError, runCommand } from "./cli/command-line.ts";
import { type Imported, importFile } from "./import/import-file.ts";
import { FORMATS, type Format, formatOf } from "./import/read-rows.ts";
import { inWords as reportInWords } from "./import/report.ts";
import { hashFile, readState, statePath } from "./import/state.ts";
import { ImportTarget } from "./import/target.ts";
import { byteBar } from "./model/progress.ts";
import { pointTo } from "./stack/point-to.ts";
import { SetupError } from "./stack/project.ts";

/** Exit status of a run that was told to stop, as a shell has it. */
const STOPPED = 130;
/** Rows a second in a project: the logs' index takes some 500 writes a second, and visits come meanwhile. */
const PROJECT_RATE = 400;

interface Options {
  map?: string;
  format?: Format;
  delimiter: string;
  dryRun?: true;
  consentGrantedForAll?: string;
  project?: string;
  database: string;
  rowsPerSecond?: number;
  json?: true;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("Not a number above 0.");
  return value;
}

function character(text: string): string {
  const value = text === "\\t" ? "\t" : text;
  if (value.length !== 1) throw new InvalidArgumentError("Not a single character (or \\t).");
  return value;
}

function policyName(text: string): string {
  if (text.trim() === "" || text.length > 64) throw new InvalidArgumentError("Not a name of 1 to 64 characters.");
  return text;
}

const program = commandLine("npm run import --")
  .description(
    "Imports your own logs of visits (NDJSON, a JSON array, CSV). They feed trainings and are counted nowhere.",
  )
  .argument("<file>", "the logs")
  .option("--map <file>", "a JSON file that says how columns are called in a log")
  .addOption(new Option("--format <format>", "if the file's name does not tell").choices(FORMATS))
  .option("--delimiter <character>", "between the columns of a CSV", character, ",")
  .option("--dry-run", "judge the rows and store nothing")
  .option(
    "--consent-granted-for-all <policy>",
    "everybody in the file has agreed to the policy of this name (rows that say otherwise are refused all the same)",
    policyName,
  )
  .option("--project <id>", "a real Firebase project; without it, the local emulators")
  .option("--database <id>", "its Firestore database", "(default)")
  .option("--rows-per-second <n>", `at most; ${PROJECT_RATE} in a project`, positive)
  .option("--json", "the report as one JSON object");

function readMapping(path: string | undefined): ImportMapping {
  if (path === undefined) return ImportMapping.parse({});
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(given(path), "utf8")) as unknown;
  } catch (cause) {
    throw new RefusedError(`${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  const parsed = ImportMapping.safeParse(json);
  if (!parsed.success) throw new RefusedError(`${path}: ${inWords(fieldIssues(parsed.error))}`);
  return parsed.data;
}

/** A path as the user meant it, who need not have called npm in the project's root. */
function given(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? ".", path);
}

function sizeOf(path: string, named: string): number {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error("it is no file");
    return stats.size;
  } catch (cause) {
    throw new RefusedError(`${named} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** The key of the functions: with another one, visitors would have other pseudonyms here than there. */
function pseudonymKey(): string {
  const key = process.env["PSEUDONYM_KEY"];
  if (key !== undefined && key !== "") return key;
  throw new SetupError(
    'PSEUDONYM_KEY is not set: PSEUDONYM_KEY="$(npx firebase functions:secrets:access PSEUDONYM_KEY)" before the command.',
  );
}

async function run(named: string, options: Options): Promise<void> {
  const file = given(named);
  const size = sizeOf(file, named);
  const format = options.format ?? formatOf(file);
  if (format === undefined) throw new RefusedError(`${named}: say what it is with --format ${FORMATS.join(" | ")}`);
  const { delimiter, consentGrantedForAll: consentForAll, dryRun = false } = options;
  const mapping = readMapping(options.map);
  if (!dryRun) await pointTo(options);
  else if (existsSync(statePath(file))) {
    throw new RefusedError(`an import of ${named} was broken off: finish it, or remove ${statePath(file)}`);
  }
  const where = [process.env["GOOGLE_CLOUD_PROJECT"], options.database, process.env["FIRESTORE_EMULATOR_HOST"]];
  const key = sha256(
    canonicalJson([await hashFile(file), format, delimiter, mapping, consentForAll ?? null, ...where]),
  );
  if (!dryRun && existsSync(statePath(file)) && readState(file, key) === undefined) {
    console.error(
      "The file, its mapping or the target is another than in the run that was broken off: beginning anew.",
    );
  }

  const db = dryRun ? null : database();
  const policy = db === null ? Lifecycle.parse({}) : await readLifecycle(db);
  const secret = dryRun ? "nothing is stored" : pseudonymKey();
  const keeping = {
    maturityMinutes: policy.collect.maturity_minutes,
    retentionDays: policy.collect.retention_days,
  };
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopped = true;
    });
  }
  const bar = byteBar("importing", size);
  const started = performance.now();
  const report = (done: Imported): void => {
    bar.stop();
    const seconds = (performance.now() - started) / 1000;
    const told = { file: named, dryRun, windowDays: policy.training.window_days, seconds };
    console.log(
      options.json
        ? JSON.stringify({ ...told, ...done, rows_per_second: done.rows_now / seconds })
        : reportInWords(done, told),
    );
  };
  try {
    const done = await importFile(
      {
        file,
        format,
        delimiter,
        mapping,
        key,
        rate: options.rowsPerSecond ?? (options.project === undefined ? Number.POSITIVE_INFINITY : PROJECT_RATE),
        ...(consentForAll === undefined ? {} : { consentForAll }),
      },
      {
        target: db === null ? null : new ImportTarget(db, keeping),
        pseudonymOf: (kind, id) => pseudonym(secret, kind, id),
        windowDays: policy.training.window_days,
        progress: bar.update,
        isStopped: () => stopped,
      },
      report,
    );
    report(done);
    if (!done.complete) process.exitCode = STOPPED;
  } finally {
    bar.stop();
    await db?.terminate();
  }
}

program.action(run);
// What is wrong with the database just now, say: running it again goes on.
await runCommand(program, { refusals: [RefusedError], others: "in one line" });

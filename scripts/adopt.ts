// npm run adopt -- PATH: merges Perennial into the Firebase project in that folder, shows what changes first, and can undo it.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { InvalidArgumentError } from "commander";
import { applyAdoption, prepareAdoption } from "./adopt/adoption.ts";
import { DEFAULT_DATABASE } from "./adopt/merge-firestore.ts";
import { oursFrom } from "./adopt/ours.ts";
import { ProjectFolder } from "./adopt/project.ts";
import { adoptionInWords, nextSteps, undoInWords } from "./adopt/report.ts";
import { applyUndo, prepareUndo } from "./adopt/undo.ts";
import { commandLine, REFUSED, RefusedError, runCommand } from "./cli/command-line.ts";
import { ROOT } from "./stack/project.ts";

interface Options {
  database?: string | null;
  site?: string;
  yes?: true;
  dryRun?: true;
  undo?: true;
}

/** As Firestore has them; null for the default one. */
function databaseId(text: string): string | null {
  if (text === DEFAULT_DATABASE) return null;
  if (!/^[a-z][a-z0-9-]{2,61}[a-z0-9]$/.test(text)) {
    throw new InvalidArgumentError("Not an id of 4 to 63 lower-case letters, digits and hyphens.");
  }
  return text;
}

const program = commandLine("npm run adopt --")
  .description(
    "Merges Perennial into an existing Firebase project, or undoes that. It shows every change and asks first.",
  )
  .argument("<path>", "the project's folder, where its firebase.json is")
  .option("--database <id>", "a Firestore database of its own, beside the default one", databaseId)
  .option("--site <name>", "the hosting site or target whose pages adapt, where there are several")
  .option("--yes", "asks nothing")
  .option("--dry-run", "shows what would change, and changes nothing")
  .option("--undo", "takes an adoption back");

/** Whether what was shown is to be done. Sets the exit status where it is not. */
async function isAgreed({ yes, dryRun }: Options): Promise<boolean> {
  if (dryRun) console.log("A dry run: nothing was changed.");
  if (yes || dryRun) return !dryRun;
  if (!process.stdin.isTTY) {
    console.error("Nothing was changed, since there is no terminal to ask on: --yes says that you agree.");
    process.exitCode = REFUSED;
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await new Promise<string>((settle) => {
    // Whoever ends the input has not agreed.
    asking.once("close", () => settle(""));
    asking.question("Make these changes? [y/N] ").then(settle, () => settle(""));
  });
  asking.close();
  const agreed = /^y(es)?$/i.test(answer.trim());
  if (!agreed) {
    console.log("Nothing was changed.");
    process.exitCode = 1;
  }
  return agreed;
}

async function adopt(folder: ProjectFolder, options: Options): Promise<void> {
  const { database = null, site = null } = options;
  const adoption = prepareAdoption(folder, ROOT, oursFrom(ROOT), { database, site });
  const { edits, copies, stale } = adoption;
  if (edits.length + copies.size + stale.length === 0) {
    console.log("The project has adopted this version of Perennial already: there is nothing to do.");
    return;
  }
  console.log(adoptionInWords(adoption));
  if (!(await isAgreed(options))) return;
  applyAdoption(folder, adoption);
  console.log(nextSteps(adoption.record));
}

async function undo(folder: ProjectFolder, options: Options): Promise<void> {
  const undoing = prepareUndo(folder);
  console.log(undoInWords(undoing));
  if (!(await isAgreed(options))) return;
  applyUndo(folder, undoing);
  if (undoing.left.length === 0) console.log("Undone.");
  else process.exitCode = 1;
}

program.action(async (path: string, options: Options) => {
  // As the user meant it, who need not have called npm in the root of Perennial.
  const root = resolve(process.env["INIT_CWD"] ?? ".", path);
  if (!existsSync(resolve(root, "firebase.json"))) {
    throw new RefusedError(`${path} has no firebase.json: name the folder of a Firebase project.`);
  }
  if (root === ROOT) throw new RefusedError(`${path} is Perennial itself: name the folder of your project.`);
  const folder = new ProjectFolder(root);
  await (options.undo ? undo(folder, options) : adopt(folder, options));
});
await runCommand(program, { refusals: [RefusedError], others: "in one line" });

import { createTwoFilesPatch } from "diff";
import type { Adoption, Edit } from "./adoption.ts";
import { FOLDER } from "./project.ts";
import type { Undoing } from "./undo.ts";

/** What an adoption is going to do, as a person reads it before agreeing; empty where there is nothing to do. */
export function adoptionInWords({ edits, copies, added, stale, notes }: Adoption): string {
  const updated = [...copies.keys()].filter((path) => !added.includes(path));
  return [
    ...edits.map(unifiedDiff),
    ...listed("Files that are added:", added),
    ...listed("Files that are updated:", updated),
    ...listed("Files that are removed:", stale),
    ...listed("Please note:", notes),
  ].join("\n");
}

/** What undoing an adoption is going to do. */
export function undoInWords({ edits, left, foreign }: Undoing): string {
  const lines = left.flatMap(({ path, lines: ours }) => ours.map(({ line, text }) => `${path}, line ${line}: ${text}`));
  return [
    ...edits.map(unifiedDiff),
    ...(left.length === 0 ? [`The folder ${FOLDER}/ is removed.`] : []),
    ...listed("Files in it that are not from Perennial and go with it:", left.length === 0 ? foreign : []),
    ...listed("These files were edited beside our lines and stay. Remove these lines, then undo again:", lines),
  ].join("\n");
}

function unifiedDiff({ path, before, after }: Edit): string {
  const [from, to] = [before === null ? "/dev/null" : `a/${path}`, after === null ? "/dev/null" : `b/${path}`];
  const patch = createTwoFilesPatch(from, to, before ?? "", after ?? "");
  return patch.replace(/^=+\n/, "").replaceAll("\r", "");
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, ...grouped(items).map((item) => `  ${item}`), ""];
}

/** Compiled files are many and tell nothing by their names. */
function grouped(paths: readonly string[]): string[] {
  const groups = new Map<string, number>();
  for (const path of paths) {
    const group = /^perennial\/(?:functions\/lib|(?:client|dashboard)\/dist)\//.exec(path)?.[0] ?? path;
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  return [...groups].map(([group, files]) => (group.endsWith("/") ? `${group} (${files} files)` : group));
}

/** What is left to do after an adoption. */
export function nextSteps({ database }: { database: string | null }): string {
  const steps = [
    ...(database === null
      ? []
      : [`npx firebase firestore:databases:create ${database} --location <where "(default)" is>`]),
    "npm --prefix perennial/functions ci   (firebase looks into the functions before it deploys them)",
    "npx firebase functions:secrets:set RECEIPT_KEYS   (k1:<32 random bytes, base64>)",
    "npx firebase functions:secrets:set PSEUDONYM_KEY  (random text)",
    "npx firebase functions:secrets:set ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET  (where alerts are sent, or none)",
    "npx firebase deploy --only functions:perennial,firestore,hosting",
    `npm run grant-admin -- --project <id> --uid <your uid>${database === null ? "" : ` --database ${database}`}   (in Perennial's folder)`,
    "Put the script tag into your pages.",
    "Copy perennial/dashboard/dist to dashboard/ among your pages, and deploy hosting: your admins see and act at /dashboard/.",
  ];
  return [
    "Adopted. What is left to do, in the project:",
    ...steps.map((step, i) => `  ${i + 1}. ${step}`),
    "docs/deploy.md tells it at length, docs/client.md and docs/dashboard.md the last two steps.",
    "npm run adopt again takes over a newer Perennial; with --undo it gives the project back as it was.",
  ].join("\n");
}

import type { ModelChange } from "../serve/schema.ts";

/** Renders changes of the model in service, in the order in which they are given, as Markdown: one paragraph each. */
export function historyInWords(changes: readonly ModelChange[]): string {
  if (changes.length === 0) return "No change of the model in service is on record.";
  return changes
    .map(({ at, from, to, who, why, deployment, revision }) =>
      [
        `**${at}** ${inWords(from)} → ${inWords(to)}`,
        `by ${who}, revision ${revision}: ${oneLine(why)}`,
        ...(deployment === null ? [] : [`${deployment.id}, since ${oneLine(deployment.reason)}`]),
      ].join("  \n"),
    )
    .join("\n\n");
}

function inWords(version: string): string {
  return version === "rules" ? "the rules" : version;
}

/** What people wrote stays within its line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

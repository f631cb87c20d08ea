import type { ModelVersion } from "./schema.ts";

/** Why nobody may be answered by a version any more, in words; null if somebody may. */
export function outOfUse({
  version,
  quarantined,
  removed,
}: Pick<ModelVersion, "version" | "quarantined" | "removed">): string | null {
  if (removed !== undefined) return `${version} was removed ${removed.at}: ${removed.why}`;
  if (quarantined === undefined) return null;
  return `${version} is in quarantine since ${quarantined.at}: ${quarantined.reason}`;
}

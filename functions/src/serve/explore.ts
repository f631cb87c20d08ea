import { createHash } from "node:crypto";
import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  type Design,
  type Preferences,
  type UserContext,
} from "../design/schema.ts";

/** A policy's classes as they are served, and how probable these three were, given context, version and share. */
export interface Explored {
  classes: Design["classes"];
  propensity: number;
}

/**
 * Groups that may be explored for this visitor: those whose target varies, but none that a preference or the system's
 * colour scheme decides, and none at all for a visitor with accessibility needs.
 */
export function eligibleGroups(visit: {
  varying: readonly ClassGroup[];
  preferences: Preferences | undefined;
  colourScheme: UserContext["prefers_color_scheme"];
  /** The feature of this name, 0-1. */
  accessibilityNeeds: number;
}): ClassGroup[] {
  if (visit.accessibilityNeeds > 0) return [];
  const decided = (group: ClassGroup): boolean =>
    visit.preferences?.[group] !== undefined || (group === "theme" && visit.colourScheme !== "no-preference");
  return CLASS_GROUPS.filter((group) => visit.varying.includes(group) && !decided(group));
}

/** Three numbers in [0, 1) that decide an exploration: whether, in which group, and which class. */
export type Draws = readonly [whether: number, group: number, cls: number];

/** The draws of a prediction, from SHA-256 over salt and id: 32 bits each, uniform, and the same whoever computes them. */
export function explorationDraws(salt: string, predictionId: string): Draws {
  const digest = createHash("sha256").update(`${salt}:${predictionId}`).digest();
  const draw = (i: number) => digest.readUInt32LE(i * 4) / 2 ** 32;
  return [draw(0), draw(1), draw(2)];
}

/**
 * With probability `share`, one of the k eligible groups gets a class drawn uniformly from its three, the policy's own
 * among them. So the policy's triple is served with probability 1 - share + share / 3, each other one with share / (3 k).
 */
export function explore(
  policy: Design["classes"],
  { groups, share, draws }: { groups: readonly ClassGroup[]; share: number; draws: Draws },
): Explored {
  const [whether, which, cls] = draws;
  const group = groups[Math.floor(which * groups.length)];
  if (group === undefined || share === 0) return { classes: policy, propensity: 1 };
  const drawn = Math.floor(cls * CLASSES[group].length);
  if (whether >= share || drawn === policy[group]) return { classes: policy, propensity: 1 - share + share / 3 };
  return { classes: { ...policy, [group]: drawn }, propensity: share / (3 * groups.length) };
}

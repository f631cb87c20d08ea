import type { ArmSums } from "../collect/arm-sums.ts";
import type { PairedAccuracy } from "../deploy/evidence.ts";

/** What the arms of an experiment did under one split, in the order of its arms; null for one without any visit. */
export interface ArmStratum {
  /** Routing revision that began it. */
  revision: number;
  arms: readonly (ArmSums | null)[];
}

/** Answers of a treatment's version against those of the control's, on the same visits. */
export interface ArmAccuracy {
  /** Name of the treatment. */
  arm: string;
  groups: readonly PairedAccuracy[];
  /** Distinct visitors that they are from. */
  visitors: number;
}

/** Visits of an arm by segment (`device:mobile`), and those of them that engaged. */
export interface ArmSegments {
  visits: Readonly<Record<string, number>>;
  engaged: Readonly<Record<string, number>>;
}

/** All that an experiment is judged by. */
export interface ExperimentEvidence {
  /** The oldest first. */
  strata: readonly ArmStratum[];
  accuracy: readonly ArmAccuracy[];
  /** In the order of the arms, over all strata; none where they were not read. */
  segments: readonly ArmSegments[];
}

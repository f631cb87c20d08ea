import { CONTROL_SHARE } from "../../functions/src/serve/assign.ts";
import type { Arm, Routing, ServedVersion } from "../../functions/src/serve/schema.ts";

/** An arm with the share of all visitors that it has. */
export interface Portion {
  arm: Arm;
  version: ServedVersion;
  share: number;
}

/** What becomes of all visitors, by the rules of serve's `assign`: holdback first, then the deployment, then the experiment. */
export function split({ stable, canary, experiment, holdback_share }: Routing): Portion[] {
  const holdback: Portion = { arm: "holdback", version: "rules", share: holdback_share };
  const left = 1 - holdback_share;
  const treated = canary?.share ?? 0;
  const controlled = canary !== null && treated <= 1 - CONTROL_SHARE ? CONTROL_SHARE : 0;
  const compared: Portion[] =
    canary === null
      ? []
      : [
          { arm: "treatment", version: canary.version, share: left * treated },
          { arm: "control", version: stable, share: left * controlled },
        ];
  const outside = left * (1 - treated - controlled);
  const arms = (experiment?.arms ?? []).map(
    ({ name, version, from, to }): Portion => ({
      arm: `exp.${experiment?.id ?? ""}.${name}`,
      version,
      share: outside * (to - from),
    }),
  );
  const rest = outside - arms.reduce((sum, { share }) => sum + share, 0);
  const all: Portion[] = [{ arm: "stable", version: stable, share: rest }, ...compared, ...arms, holdback];
  return all.filter(({ share }) => share > 1e-9);
}

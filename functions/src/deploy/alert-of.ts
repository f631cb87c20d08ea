import type { AlertContent } from "../shared/alert.ts";
import type { Action, Decision } from "./decision.ts";
import type { Deployment } from "./schema.ts";

/** How bad a step is, what was done by it, and what a person should do. */
interface Telling {
  severity: AlertContent["severity"];
  did: (deployment: Deployment) => string;
  to_do: string;
}

/** Steps that a person should hear of. */
const TOLD: Partial<Record<Action, Telling>> = {
  hold: {
    severity: "medium",
    did: () => "it stands still, and visitors are answered as before the hold",
    to_do:
      "Remove what the reason names; the deployment then goes on by itself. If it cannot be removed, call abortDeployment.",
  },
  extend: {
    severity: "low",
    did: () => "its stage gets the same time once more",
    to_do: "Nothing; promoteDeployment goes on without further patience, abortDeployment ends it.",
  },
  halve: {
    severity: "medium",
    did: () => "its share of the traffic was halved; if the harm lasts, it is rolled back",
    to_do: "Look at the latest analysis in the deployment; abortDeployment ends it at once.",
  },
  give_up: {
    severity: "medium",
    did: ({ previous }) => `it ended undecided, and everybody is answered by ${previous}`,
    to_do: "Deploy the version again when there are more visitors, or decide by hand after compareVersions.",
  },
  fail: {
    severity: "medium",
    did: ({ previous }) => `it ended, and everybody is answered by ${previous}`,
    to_do: "Remove what the reason names, then call deployVersion, or leave it and wait for the next version.",
  },
  abort: {
    severity: "low",
    did: () => "it ended because somebody changed the routing under it; that change is in force",
    to_do: "Nothing if that was meant; else call deployVersion again.",
  },
  roll_back: {
    severity: "high",
    did: ({ previous }) => `it was rolled back, and everybody is answered by ${previous} again`,
    to_do: "Nothing is urgent. Look at what the reason names before you deploy this version or its children again.",
  },
};

/** What a person should hear of a step that a deployment has taken; undefined for a step that goes as it should. */
export function alertOf(deployment: Deployment, { action, reason }: Decision): AlertContent | undefined {
  const telling = TOLD[action];
  if (telling === undefined) return undefined;
  const { id, phase, stage, version } = deployment;
  return {
    severity: telling.severity,
    kind: `deployment_${action}`,
    subject: `deployments/${id}`,
    message: `deployment of ${version}: ${telling.did(deployment)}. Why: ${reason}`,
    to_do: telling.to_do,
    details: { id, phase, stage },
  };
}

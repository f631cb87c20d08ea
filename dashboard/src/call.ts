import { type Functions, FunctionsError, httpsCallable } from "firebase/functions";
import type {
  AdminRequest,
  DeployRequest,
  PromoteRequest,
  RollbackRequest,
} from "../../functions/src/deploy/schema.ts";
import type { StopExperimentRequest } from "../../functions/src/experiment/schema.ts";
import type { AcknowledgeRequest } from "../../functions/src/monitor/schema.ts";
import type { ChangeRequest } from "../../functions/src/serve/schema.ts";

/** What the page asks of the functions. */
export interface Requests {
  setRouting: ChangeRequest;
  rollback: RollbackRequest;
  deployVersion: DeployRequest;
  pauseDeployment: AdminRequest;
  resumeDeployment: AdminRequest;
  promoteDeployment: PromoteRequest;
  abortDeployment: AdminRequest;
  stopExperiment: StopExperimentRequest;
  acknowledgeAlert: AcknowledgeRequest;
}

/** A refusal in words: what is wrong as a whole, and field by field. */
export interface Refusal {
  message: string;
  issues: { path: string; message: string }[];
}

/** Asks for something; a refusal is what it gives, and never lost. */
export async function call<K extends keyof Requests>(
  functions: Functions,
  name: K,
  data: Requests[K],
): Promise<Refusal | null> {
  const typed = notNumbers(data);
  if (typed.length > 0) return { message: "", issues: typed };
  try {
    await httpsCallable<Requests[K], unknown>(functions, name)(data);
    return null;
  } catch (error) {
    return refusalOf(name, error);
  }
}

/** What JSON cannot carry, and so no callable could refuse. */
function notNumbers(data: unknown, path = ""): Refusal["issues"] {
  if (Number.isNaN(data)) return [{ path, message: "must be a number" }];
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => notNumbers(value, path === "" ? key : `${path}.${key}`));
}

function refusalOf(name: string, error: unknown): Refusal {
  if (!(error instanceof FunctionsError)) return { message: String(error), issues: [] };
  const details = error.details as { issues?: Refusal["issues"] } | null | undefined;
  const issues = details?.issues ?? [];
  switch (error.code) {
    case "functions/invalid-argument":
    case "functions/failed-precondition":
    case "functions/permission-denied":
    case "functions/unauthenticated":
      return { message: error.message, issues };
    default: {
      const code = error.code.replace("functions/", "");
      const message = `${name} gave no answer (${code}): whether it was done is what this page shows in a moment. If not, try again, and look into the log of ${name}.`;
      return { message, issues };
    }
  }
}

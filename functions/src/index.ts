// Every deployed function, in the order of a visit's journey. Handlers load what is heavy themselves, so that an instance
// of one function does not pay for the others.

export { ingest, onInboxLog, reconcile } from "./collect/functions.ts";
export {
  abortDeployment,
  advanceDeployments,
  deployVersion,
  listVersions,
  pauseDeployment,
  promoteDeployment,
  resumeDeployment,
  rollback,
} from "./deploy/functions.ts";
export { evaluateExperiments, startExperiment, stopExperiment } from "./experiment/functions.ts";
export { enforceRetention, onConfigWritten, setConfig } from "./govern/functions.ts";
export { acknowledgeAlert, deliverAlerts, monitorHealth } from "./monitor/functions.ts";
export { onRoutingWritten, predict, setRouting } from "./serve/functions.ts";
export {
  cancelRetraining,
  compareVersions,
  onInteractionLog,
  retrain,
  retrainMonthly,
  retrainWeekly,
  reviewQuarterly,
  runRetraining,
} from "./train/functions.ts";

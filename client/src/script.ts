// The script-tag file: `<script src="perennial.js" data-endpoint="/api" data-consent="true"></script>`, then `perennial.setConsent(true)`.
import { start } from "./index.ts";

const { endpoint, consent, policy, timeout, doNotTrack } =
  (document.currentScript as HTMLScriptElement | null)?.dataset ?? {};
(globalThis as { perennial?: unknown }).perennial = start({
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(consent === undefined ? {} : { consent: consent === "true" }),
  ...(policy === undefined ? {} : { policy }),
  ...(doNotTrack === undefined ? {} : { doNotTrack: doNotTrack !== "false" }),
  ...(Number(timeout) > 0 ? { timeoutMs: Number(timeout) } : {}),
});

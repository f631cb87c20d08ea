import { z } from "zod";

/** What `acknowledgeAlert` asks for: the alert is seen, or with `resolved` its matter is settled. */
export const AcknowledgeRequest = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(512)
    .regex(/^[^/]+$/, "must be the id of an alert"),
  resolved: z.boolean().default(false),
  reason: z.string().trim().min(1, "say why").max(500),
});

// The process that retraining.bench.ts starts: works on one job, and prints the most memory that it ever had.
import { bucket, database } from "../../functions/src/shared/firestore.ts";
import { runJob } from "../../functions/src/train/run-job.ts";

const KIB = 1024;
const [, , id = ""] = process.argv;
const { outcome } = await runJob(id, {
  db: database(),
  bucket: bucket(),
  holder: `bench.${process.pid}`,
  clock: Date.now,
  codeVersion: "bench",
});
// Of all its threads together, those that train too.
console.log(JSON.stringify({ outcome, peakMib: process.resourceUsage().maxRSS / KIB }));
process.exit(0);

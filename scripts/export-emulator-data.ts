// npm run export-data: makes emulator-data/ anew: the state that a seeded tour leaves behind.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startStack } from "./stack/emulators.ts";
import { ROOT, SetupError } from "./stack/project.ts";
import { runTour } from "./tour/tour.ts";

const SEED = 1;
const say = (line: string): void => console.log(line);
const folder = join(ROOT, "emulator-data");
try {
  const stack = await startStack({ ports: "free", say });
  Object.assign(process.env, stack.env);
  try {
    const { functionsUrl, hostingUrl } = stack;
    const result = await runTour({ functionsUrl, hostingUrl, seed: SEED, say });
    if (!result.ok) throw new SetupError("The tour did not hold, so nothing was exported.");
    rmSync(folder, { recursive: true, force: true });
    await stack.exportTo(folder);
    say(`Exported to ${folder}.`);
  } finally {
    await stack.stop();
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

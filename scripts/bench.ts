// npm run bench [-- NAME]: measures the hot path against something real, in one run; each figure is one JSON line.
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT } from "./stack/project.ts";

/** One figure. `ratio` is value / against's value, where the bench has something to compare with. */
export interface Figure {
  bench: string;
  metric: string;
  value: number;
  unit: string;
  /** What it is compared with, in words and figures; null where there is nothing. */
  against: { name: string; value: number } | null;
  ratio: number | null;
}

/** What a file `scripts/bench/NAME.bench.ts` exports. */
export interface Bench {
  run(emit: (figure: Figure) => void): Promise<void>;
}

const wanted = process.argv[2];
const files = globSync(join(ROOT, "scripts/bench/*.bench.ts")).sort();
const names = files.map((file) => basename(file, ".bench.ts"));
if (wanted !== undefined && !names.includes(wanted)) {
  console.error(`There is no bench "${wanted}": ${names.join(", ")}.`);
  process.exit(2);
}
for (const [i, file] of files.entries()) {
  if (wanted !== undefined && names[i] !== wanted) continue;
  const bench = (await import(file)) as Bench;
  await bench.run((figure) => console.log(JSON.stringify(figure)));
}
process.exit(0);

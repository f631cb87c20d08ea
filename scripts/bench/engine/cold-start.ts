// Prints the milliseconds from a version's frozen bytes to its first answer, in a process that has done nothing before.
import { readFileSync } from "node:fs";
import { openForest } from "../../../functions/src/model/open-forest.ts";

const [file = "", columns] = process.argv.slice(2);
const bytes = readFileSync(file);
const started = performance.now();
openForest(bytes).margins(new Float64Array(Number(columns)));
console.log(performance.now() - started);

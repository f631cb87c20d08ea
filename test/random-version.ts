import { CLASS_GROUPS, FEATURE_NAMES, VARIABLE_NAMES, VARIABLES } from "../functions/src/design/schema.ts";
import type { Booster } from "../functions/src/model/format.ts";
import { Bundle } from "../functions/src/model/schema.ts";
import { writeBooster } from "../functions/src/model/write-booster.ts";
import { randomBooster } from "./random-booster.ts";

/** A version that nobody trained: its three class groups and first variable are trees of a depth. */
export function randomVersion(depth: number) {
  const features = [...FEATURE_NAMES];
  const names = [...CLASS_GROUPS, "font_size_base"] as const;
  const boosters = names.map((name, i): [string, Booster] => {
    const shape = { features: features.length, outputs: name === "font_size_base" ? 1 : 3, trees: 12, depth };
    const random = randomBooster({ ...shape, bushy: true }, i);
    return [`${name}.xgb`, { ...random, baseScores: random.baseScores.fill(0.5) }];
  });
  const trees = (name: string) => ({ kind: "trees", file: `${name}.xgb` });
  const constant = (name: keyof typeof VARIABLES) => ({ kind: "constant", value: VARIABLES[name].neutral });
  const bundle = Bundle.parse({
    schema_version: 1,
    features,
    classes: Object.fromEntries(CLASS_GROUPS.map((group) => [group, trees(group)])),
    variables: Object.fromEntries(
      VARIABLE_NAMES.map((name) => [name, name === "font_size_base" ? trees(name) : constant(name)]),
    ),
  });
  const files = new Map(boosters.map(([file, booster]) => [file, writeBooster(booster)]));
  return { bundle, files, boosters: boosters.map(([, booster]) => booster) };
}

import { expect, it } from "vitest";
import { boosterBytes, leafTree, splitTree } from "../../../test/booster-bytes.ts";
import { parseBooster } from "../model/format.ts";
import { withMinusOne } from "./minus-one.ts";

it("makes the stand-in -1 again where it is a threshold, and nowhere else", () => {
  const next = -1 + 2 ** -24;
  const trees = [next, -0.9999998].map((threshold) => splitTree({ feature: 0, threshold, left: next, right: 1 }));
  const booster = parseBooster(boosterBytes({ trees: [...trees, leafTree(next)] }));
  expect(Array.from(withMinusOne(booster).value)).toEqual([-1, next, 1, Math.fround(-0.9999998), next, 1, next]);
});

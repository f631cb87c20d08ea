import { expect, it } from "vitest";
import { Lifecycle } from "../config.ts";
import { FIRST_ROUTING, type Routing } from "../serve/schema.ts";
import { restMinutes } from "./follow-logs.ts";

const VERSION = "v_20260901T000000Z_aaaaaaaaaaaa";
const arms = [
  { name: "a", version: VERSION, from: 0, to: 0.5 },
  { name: "b", version: "rules", from: 0.5, to: 1 },
] satisfies NonNullable<Routing["experiment"]>["arms"];

it.each([
  { name: "half an hour in quiet times", routing: {}, collect: {}, minutes: 30 },
  { name: "less in the shadow", routing: { shadow: { deployment: "d", version: VERSION } }, collect: {}, minutes: 5 },
  {
    name: "less in a deployment",
    routing: { canary: { deployment: "d", version: VERSION, share: 0.1, salt: "s" } },
    collect: {},
    minutes: 5,
  },
  { name: "less in an experiment", routing: { experiment: { id: "e", salt: "s", arms } }, collect: {}, minutes: 5 },
  {
    name: "never longer for being watched",
    routing: { experiment: { id: "e", salt: "s", arms } },
    collect: { fold_rest_minutes: 1 },
    minutes: 1,
  },
])("the fold rests $name", ({ routing, collect, minutes }) => {
  expect(restMinutes(Lifecycle.parse({ collect }).collect, { ...FIRST_ROUTING, ...routing })).toBe(minutes);
});

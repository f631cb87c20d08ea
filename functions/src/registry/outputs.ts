import { CLASSES, VARIABLE_NAMES, VARIABLES } from "../design/schema.ts";
import type { Outputs } from "./schema.ts";

/** What versions of this release are trained to answer. */
export function presentOutputs(): Outputs {
  return {
    classes: Object.fromEntries(Object.entries(CLASSES).map(([group, names]) => [group, [...names]])),
    variables: Object.fromEntries(
      VARIABLE_NAMES.map((name) => {
        const { unit, min, max } = VARIABLES[name];
        return [name, { unit, min, max }];
      }),
    ),
  };
}

/** In what two releases differ in what they answer, by name: a version that was trained for `then` answers `now` wrongly. */
export function outputFaults(then: Outputs, now: Outputs = presentOutputs()): string[] {
  return [
    ...differing(then.classes, now.classes, (names) => `classes ${names.join(", ")}`),
    ...differing(then.variables, now.variables, ({ unit, min, max }) => `${min} to ${max}${unit && ` ${unit}`}`),
  ];
}

function differing<T>(
  then: Readonly<Record<string, T>>,
  now: Readonly<Record<string, T>>,
  inWords: (of: T) => string,
): string[] {
  const said = (of: T | undefined): string => (of === undefined ? "nothing" : inWords(of));
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .map((name): [string, string, string] => [name, said(then[name]), said(now[name])])
    .filter(([, was, is]) => was !== is)
    .map(([name, was, is]) => `${name}: trained for ${was}, today it is ${is}`);
}

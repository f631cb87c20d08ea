import {
  CLASS_GROUPS,
  CLASSES,
  type ClassGroup,
  type Design,
  VARIABLE_NAMES,
  VARIABLES,
  type VariableName,
} from "./schema.ts";

/** The three CSS classes of a design, in the order density, font, theme. */
export function cssClasses(classes: Design["classes"]): [string, string, string] {
  const name = (group: ClassGroup): string => {
    const found = CLASSES[group][classes[group]];
    if (found === undefined) throw new RangeError(`${group} has no class ${classes[group]}`);
    return found;
  };
  return [name("density"), name("font"), name("theme")];
}

/** Class indices of three class names in the order density, font, theme; -1 for a name that its group does not have. */
export function classIndices(names: readonly string[]): Design["classes"] {
  const index = (group: ClassGroup): number =>
    (CLASSES[group] as readonly string[]).indexOf(names[CLASS_GROUPS.indexOf(group)] ?? "");
  return { density: index("density"), font: index("font"), theme: index("theme") };
}

/** A value inside the variable's range, both ends included; the hue wraps around, so that -10 becomes 350. */
export function clampVariable(name: VariableName, value: number): number {
  const { min, max, circular } = VARIABLES[name];
  if (!circular || (value >= min && value <= max)) return Math.min(max, Math.max(min, value));
  const turned = (value - min) % (max - min);
  return turned < 0 ? turned + max : turned + min;
}

/** The CSS variables of a design, as text a style sheet takes: clamped, rounded, with their units. */
export function cssVariables(variables: Design["variables"]): Record<string, string> {
  return Object.fromEntries(
    VARIABLE_NAMES.map((name) => {
      const { css, unit, decimals } = VARIABLES[name];
      return [css, `${Number(clampVariable(name, variables[name]).toFixed(decimals))}${unit}`];
    }),
  );
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clampVariable, classIndices, cssClasses, cssVariables } from "./css.ts";
import { neutralVariables } from "./rules.ts";
import { VARIABLE_NAMES, VARIABLES, type VariableName } from "./schema.ts";

describe("cssClasses", () => {
  it("names the classes in the order density, font, theme", () => {
    expect(cssClasses({ theme: 2, density: 0, font: 1 })).toEqual(["densidad-baja", "fuente-serif", "tema-auto"]);
  });

  it.each([-1, 3, 0.5, Number.NaN])("refuses the class index %f", (density) => {
    expect(() => cssClasses({ density, font: 0, theme: 0 })).toThrow(RangeError);
  });
});

describe("classIndices", () => {
  it("reads back every triple of classes", () => {
    for (let i = 0; i < 27; i++) {
      const classes = { density: i % 3, font: Math.floor(i / 3) % 3, theme: Math.floor(i / 9) };
      expect(classIndices(cssClasses(classes))).toEqual(classes);
    }
  });

  it.each([
    ["names of other groups", ["fuente-sans", "tema-claro", "densidad-alta"]],
    ["no names", []],
    ["names that objects have", ["__proto__", "constructor", "length"]],
    ["another case", ["Densidad-baja", "FUENTE-SANS", "tema-claro "]],
  ])("says -1 for %s", (_, names) => {
    expect(classIndices(names)).toEqual({ density: -1, font: -1, theme: -1 });
  });
});

describe("clampVariable", () => {
  it.each<[VariableName, number, number]>([
    ["font_size_base", 0.79, 0.8],
    ["font_size_base", 1.51, 1.5],
    ["font_size_base", 1.23, 1.23],
    ["animation_duration", -5, 0.1],
    ["color_primary_s", 101, 100],
    ["color_primary_h", -10, 350],
    ["color_primary_h", 370, 10],
    ["color_primary_h", 360, 360],
    ["color_primary_h", 720, 0],
    ["color_primary_h", 0, 0],
    ["color_primary_h", -730, 350],
  ])("brings %s %f to %f", (name, value, expected) => {
    expect(clampVariable(name, value)).toBe(expected);
  });

  it("gives a value inside the range for every number, and keeps those that are", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VARIABLE_NAMES),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (name, value) => {
          const { min, max } = VARIABLES[name];
          const clamped = clampVariable(name, value);
          expect(clamped >= min && clamped <= max).toBe(true);
          expect(clampVariable(name, clamped)).toBe(clamped);
        },
      ),
      { seed: 1 },
    );
  });
});

describe("cssVariables", () => {
  it("writes neutral values as a style sheet takes them", () => {
    expect(cssVariables(neutralVariables())).toEqual({
      "--font-size-base": "1rem",
      "--line-height-base": "1.6",
      "--spacing-base": "20px",
      "--border-radius-base": "8px",
      "--color-primary-h": "220deg",
      "--color-primary-s": "70%",
      "--color-primary-l": "45%",
      "--animation-duration": "0.3s",
    });
  });

  it.each<[VariableName, number, string]>([
    ["font_size_base", 1.15, "1.15rem"],
    ["font_size_base", 1.149_999_976_158_142, "1.15rem"],
    ["font_size_base", 99, "1.5rem"],
    ["line_height_base", 1.234_5, "1.23"],
    ["border_radius_base", -3, "0px"],
    ["border_radius_base", 1e-9, "0px"],
    ["color_primary_h", -10.2, "350deg"],
    ["animation_duration", 0, "0.1s"],
  ])("writes %s %f as %s", (name, value, expected) => {
    expect(cssVariables({ ...neutralVariables(), [name]: value })[VARIABLES[name].css]).toBe(expected);
  });

  it("never writes an exponent, whatever the model says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VARIABLE_NAMES),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (name, value) => {
          const text = cssVariables({ ...neutralVariables(), [name]: value })[VARIABLES[name].css];
          expect(text).toMatch(/^\d+(\.\d+)?(rem|px|deg|%|s)?$/);
        },
      ),
      { seed: 2 },
    );
  });
});

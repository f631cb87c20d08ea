import { describe, expect, it } from "vitest";
import { javaMajor } from "./find-firestore.ts";

describe("javaMajor", () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "25.0.3" 2026-04-21 LTS\nOpenJDK Runtime Environment Temurin-25.0.3', 25],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "21" 2023-09-19', 21],
    ['openjdk version "22-ea" 2024-03-19', 22],
    ["The operation couldn’t be completed. Unable to locate a Java Runtime.", null],
    ["", null],
  ])("reads %j as %s", (printed, major) => {
    expect(javaMajor(printed)).toBe(major);
  });
});

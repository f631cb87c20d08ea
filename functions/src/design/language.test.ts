import { describe, expect, it } from "vitest";
import { primaryLanguage } from "./language.ts";

describe("the primary language", () => {
  it.each([
    { name: "a locale", context: { locale: "es-PE" }, language: "es" },
    { name: "a bare language", context: { locale: "EN" }, language: "en" },
    { name: "three letters and a script", context: { locale: "yue-Hant-HK" }, language: "yue" },
    { name: "POSIX", context: { locale: "pt_BR" }, language: "pt" },
    { name: "languages alone", context: { languages: ["ja-JP", "en"] }, language: "ja" },
    { name: "both", context: { locale: "de", languages: ["en"] }, language: "de" },
    { name: "what is no language", context: { locale: "x1", languages: ["fr"] }, language: "fr" },
    { name: "nothing", context: {}, language: "" },
    { name: "nothing that is a language", context: { locale: "-", languages: [] }, language: "" },
  ])("of $name is '$language'", ({ context, language }) => {
    expect(primaryLanguage(context)).toBe(language);
  });
});

import type { UserContext } from "./schema.ts";

/** A primary language subtag of BCP 47 (RFC 5646): two or three letters by ISO 639; up to eight are reserved or registered. */
const PRIMARY = /^[a-z]{2,8}$/;

/** The primary language of a visitor, "es" of "es-PE": of the locale, else of the first language; "" if not told. */
export function primaryLanguage({ locale, languages }: Pick<UserContext, "locale" | "languages">): string {
  for (const tag of [locale, languages?.[0]]) {
    const [primary = ""] = (tag ?? "").toLowerCase().split(/[-_]/);
    if (PRIMARY.test(primary)) return primary;
  }
  return "";
}

import { en } from "./texts.en.js";
import { es } from "./texts.es.js";
import { fr } from "./texts.fr.js";

/** All words of the site, by language. */
export const TEXTS = { en, es, fr };

/** The languages, each by its own name. */
export const LANGUAGES = [
  { tag: "en", name: "English" },
  { tag: "es", name: "Español" },
  { tag: "fr", name: "Français" },
];

import Bowser from "bowser";
import type { StoredContext } from "./schema.ts";

/** What is kept of a user agent: the browser's family and version, cut to what a document may hold. Never throws. */
export function parseUserAgent(text: string): StoredContext["user_agent"] {
  const { name = "", version = "" } = text === "" ? {} : Bowser.getParser(text, true).getBrowser();
  return { family: name.slice(0, 64), version: version.slice(0, 32) };
}

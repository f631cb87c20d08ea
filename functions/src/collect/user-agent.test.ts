import { expect, it } from "vitest";
import { parseUserAgent } from "./user-agent.ts";

it.each([
  {
    name: "Chrome",
    text: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.7390.54 Safari/537.36",
    family: "Chrome",
    version: "141.0.7390.54",
  },
  {
    name: "Firefox",
    text: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    family: "Firefox",
    version: "143.0",
  },
  {
    name: "Safari on a phone",
    text: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    family: "Safari",
    version: "18.6",
  },
  { name: "nothing", text: "", family: "", version: "" },
])("knows $name", ({ text, family, version }) => {
  expect(parseUserAgent(text)).toEqual({ family, version });
});

it.each(["x", "\uD800\u0000", "(".repeat(1024), "a/".repeat(512), `Chrome/${"1".repeat(900)}`])(
  "takes any text, and little of it",
  (text) => {
    const { family, version } = parseUserAgent(text);
    expect(family.length).toBeLessThanOrEqual(64);
    expect(version.length).toBeLessThanOrEqual(32);
  },
);

import { expect, it } from "vitest";
import { eventTime } from "./event-time.ts";

const NOW = Date.parse("2026-09-28T12:00:00Z");

it.each([
  { name: "real", virtual: false, hora: "2026-01-01T00:00:00Z", expected: "2026-09-28T12:00:00.000Z" },
  { name: "virtual", virtual: true, hora: "2026-09-20T10:00:00+02:00", expected: "2026-09-20T08:00:00.000Z" },
  { name: "a future", virtual: true, hora: "2026-09-28T12:00:00.001Z", expected: "2026-09-28T12:00:00.000Z" },
  { name: "2000 hours back", virtual: true, hora: "2026-07-07T04:00:00Z", expected: "2026-07-07T04:00:00.000Z" },
  { name: "further back", virtual: true, hora: "2020-01-01T00:00:00Z", expected: "2026-07-07T04:00:00.000Z" },
])("event time is $expected under $name time", ({ virtual, hora, expected }) => {
  expect(new Date(eventTime(hora, { issuedAtMs: NOW, virtual })).toISOString()).toBe(expected);
});

import { expect, it } from "vitest";
import { countPlacement, countRefusal, emptyIngestWindow } from "./ingest-counts.ts";
import { IngestWindow } from "./schema.ts";

it("counts every outcome and every reason once, under names of ours only", () => {
  const window = emptyIngestWindow(Date.UTC(2026, 8, 28));
  countPlacement(window, "accepted", []);
  countPlacement(window, "amended", []);
  countPlacement(window, "duplicate", []);
  countPlacement(window, "late_amendment", []);
  countPlacement(window, "conflict", [{ code: "conflict", path: "seq", message: "" }]);
  countRefusal(window, "quarantined", [
    { code: "out_of_range", path: "user_context.viewport_width", message: "" },
    { code: "out_of_range", path: "user_context.languages.3", message: "" },
    { code: "invalid_value", path: "actual_device_info.whatever", message: "" },
  ]);
  countRefusal(window, "rejected", [{ code: "unparsable", path: "", message: "" }]);
  countRefusal(window, "rejected", [{ code: "receipt_forged", path: "receipt", message: "" }]);
  expect(IngestWindow.parse(window)).toEqual({
    schema_version: 1,
    start: "2026-09-28T00:00:00.000Z",
    accepted: 1,
    amended: 1,
    duplicates: 2,
    late_amendment: 1,
    quarantined: 1,
    rejected: 3,
    unanswered: {},
    issues: { conflict: 1, out_of_range: 2, invalid_value: 1, unparsable: 1, receipt_forged: 1 },
    fields: {
      seq: 1,
      "user_context.viewport_width": 1,
      "user_context.languages": 1,
      actual_device_info: 1,
      log: 1,
      receipt: 1,
    },
  });
});

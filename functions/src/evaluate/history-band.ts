import type { HistoryBand } from "../registry/schema.ts";

const WEEK_DAYS = 7;
const MONTH_DAYS = 30;

/** The band of a visitor by days_since_first_visit; NaN, and so "new", where nothing is known of earlier visits. */
export function historyBand(daysSinceFirstVisit: number): HistoryBand {
  if (Number.isNaN(daysSinceFirstVisit)) return "new";
  if (daysSinceFirstVisit <= WEEK_DAYS) return "week";
  return daysSinceFirstVisit <= MONTH_DAYS ? "month" : "older";
}

/** placeholder */
export interface DoublyRobustDifference {
  verdict: "estimated" | "not_enough_data";
  difference: number;
  low: number;
  high: number;
  matched: number;
  differing: number;
  rows: number;
}

import type { Behaviour as Measured } from "../../client/src/types.ts";
import type { Draws } from "./draws.ts";

/** What the page measured of a visit, and what the visitor said. */
export interface Behaviour extends Measured {
  user_satisfaction?: number;
  ui_preference_feedback?: { verdict: "like" | "dislike" };
}

/**
 * How a visit goes. Whether it is engaged is decided by the first number drawn, whatever the probability: a visitor who is
 * shown a better design is never engaged less for it. An engaged visit clears every limit of the target policies, another
 * one misses all of them.
 * @param slow a device or line on which pages take their time
 */
export function behave(draws: Draws, { probability, slow }: { probability: number; slow: boolean }): Behaviour {
  const engaged = draws.chance(probability);
  const speaks = draws.chance(0.05);
  const pace = slow ? 2.5 : 1;
  return {
    session_duration: Math.round(engaged ? draws.between(130_000, 600_000) : draws.between(3_000, 90_000)),
    interactions_count: engaged ? draws.integer(7, 40) : draws.integer(0, 4),
    bounce_rate: hundredths(engaged ? draws.between(0, 0.25) : draws.between(0.4, 1)),
    scroll_depth: hundredths(engaged ? draws.between(0.75, 1) : draws.between(0.05, 0.6)),
    click_through_rate: hundredths(engaged ? draws.between(0.05, 0.4) : draws.between(0, 0.1)),
    page_load_time: Math.round(pace * draws.between(300, 1_500)),
    rendering_time: Math.round(pace * draws.between(20, 60)),
    ...(speaks ? opinion(draws, engaged) : {}),
  };
}

function opinion(draws: Draws, engaged: boolean): Partial<Behaviour> {
  const satisfaction = engaged ? draws.integer(3, 5) : draws.integer(2, 4);
  const verdict = satisfaction >= 4 ? "like" : satisfaction <= 2 ? "dislike" : undefined;
  return { user_satisfaction: satisfaction, ...(verdict === undefined ? {} : { ui_preference_feedback: { verdict } }) };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

/** An instant as the visitor's own clock shows it. */
export interface LocalTime {
  /** Epoch milliseconds. */
  instantMs: number;
  /** 0-23. */
  hour: number;
  /** 0-6, Monday is 0. */
  weekday: number;
}

const OFFSET = /(?:Z|([+-])(\d{2}):?(\d{2}))$/i;

/**
 * Hour and weekday in the offset that the visitor sent, never in the server's zone. The offset already says whether
 * daylight saving holds there, so no time-zone table is needed.
 * @param horaLocal ISO 8601 with an offset or Z, as UserContext checks it
 */
export function localTime(horaLocal: string): LocalTime {
  const instantMs = Date.parse(horaLocal);
  const [, sign, hours, minutes] = OFFSET.exec(horaLocal) ?? [];
  const offsetMinutes = sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const shifted = new Date(instantMs + offsetMinutes * 60_000);
  return { instantMs, hour: shifted.getUTCHours(), weekday: (shifted.getUTCDay() + 6) % 7 };
}

/** The hour-of-week cell, 0-27: weekday (Monday 0) * 4 + a quarter of the day. */
export function hourOfWeekCell(horaLocal: string): number {
  const { hour, weekday } = localTime(horaLocal);
  return weekday * 4 + Math.floor(hour / 6);
}

/** Evening and night, 18:00-06:59: when the `engagement` policy says that a dark theme is right. */
export function isDarkHour(hour: number): boolean {
  return hour >= 18 || hour <= 6;
}

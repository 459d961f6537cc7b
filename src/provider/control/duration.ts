/** ISO 8601 durations, for moving the clock. Months and years are those of the calendar, in UTC. */

const DURATION =
  /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** `from_ms` plus a duration such as `P28D` or `PT1H30M`; undefined when it is none, or beyond what a date can hold. */
export function addDuration(from_ms: number, duration: string): number | undefined {
  const match = DURATION.exec(duration);
  if (!match) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(from_ms);
  const day = date.getUTCDate();
  date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months);
  // A month without that day ends on its last one: 31 January plus a month is 28 February.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  const time_ms =
    date.getTime() + (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + Math.round(seconds * 1_000);
  return Number.isNaN(new Date(time_ms).getTime()) ? undefined : time_ms;
}

/** Dates as numbers that order them, made of their parts as HTTP writes them. */

/** A number that orders dates, made of their parts as a request has them. */
export function compareDate(date: Date): number {
  return compareParts(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), (date.getUTCHours() * 100 + date.getUTCMinutes()) * 100 + date.getUTCSeconds());
}

/** `clock` is hours, minutes and seconds as six digits. */
export function compareParts(year: number, month: number, day: number, clock: number): number {
  return ((year * 12 + month) * 32 + day) * 1_000_000 + clock;
}

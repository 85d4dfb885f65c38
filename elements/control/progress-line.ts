/** How far something has come, as a line for a terminal. */

export interface Progress {
  readonly banner: string;
  /** Undefined: it is not known. */
  readonly position: number | undefined;
  readonly size: number | undefined;
  /** Whether the position means something by itself: else only its share of the size is shown. */
  readonly isShown: boolean;
  readonly isOver: boolean;
  /** Seconds since it began, without those in which nothing moved. */
  readonly elapsed: number;
  readonly isStalled: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Columns of what stands beside the bar, and of the position among them. */
const BESIDE = 25;
const POSITION = 8;
const BAR_MAX = 240;
/** Without a size the mark moves by a hundredth for so much. */
const STEP = 100_000;
/** From here on a position is shown in the next unit. */
const UNIT_FROM = 100_000;
const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];

/** The line, which begins where the one before did. */
export function progressLine(progress: Progress): string {
  const { banner, position, size, isShown, isOver, width } = progress;
  const share = shareOf(position, size);
  const head = `\r${banner === '' ? '' : `${banner} `}${size === undefined ? '' : position === undefined ? '  -% ' : `${String(share).padStart(3)}% `}`;
  const room = Math.min(BAR_MAX, width - (head.length + BESIDE) + (size !== undefined && !isShown ? POSITION : 0));
  return `${head}${room > 0 ? `|${barOf(progress, share, room)}|` : ''}${positionText(progress)}${timeText(progress)}${isOver ? '\n' : ''}`;
}

/** Hundredths; without a size, how far the mark is that goes back and forth. */
function shareOf(position: number | undefined, size: number | undefined): number {
  if (position === undefined) return -1;
  if (size === undefined) {
    const place = Math.trunc(position / STEP) % 200;
    return place > 100 ? 200 - place : place;
  }
  return size > 0 ? Math.max(0, Math.min(100, Math.trunc((100 * position) / size))) : 100;
}

function barOf({ size, isOver }: Progress, share: number, room: number): string {
  if (share < 0 || (size === undefined && isOver)) return '-'.repeat(room);
  if (size !== undefined) return '*'.repeat(Math.trunc((room * share) / 100)).padEnd(room);
  const mark = room > 3 ? '***' : '*';
  return `${' '.repeat(Math.trunc(((room - mark.length) * share) / 100))}${mark}`.padEnd(room);
}

function positionText({ position, size, isShown }: Progress): string {
  if (size !== undefined && !isShown) return ' ';
  if (position === undefined) return ' -----   ';
  let [value, unit] = [position, 0];
  for (; value >= UNIT_FROM && unit < UNITS.length - 1; unit += 1) value /= 1024;
  return ` ${String(Math.trunc(value)).padStart(5)}${unit === 0 ? '  ' : `${UNITS[unit]}B`} `;
}

/** How long it will take, or took. */
function timeText({ position, size, isOver, elapsed, isStalled }: Progress): string {
  if (!isOver && (position === undefined || size === undefined || elapsed <= 0 || position > size)) return '   --:-- ETA';
  if (isStalled) return ' - stalled -';
  const ends = !isOver && position !== undefined && size !== undefined && position >= 1e-6;
  const seconds = Math.trunc(ends ? size / (position / elapsed) - elapsed : elapsed);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.trunc(seconds / 3600);
  return `${hours === 0 ? '   ' : `${String(hours).padStart(2)}:`}${two(Math.trunc((seconds % 3600) / 60))}:${two(seconds % 60)}${ends ? ' ETA' : '    '}`;
}

/** Plots as SVG that stands by itself in a page: lines over a linear or logarithmic scale. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { escapeXml } from '../escape-xml.js';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
}

const WIDTH = 720, HEIGHT = 320;
const LEFT = 64, RIGHT = 230, TOP = 32, BOTTOM = 48;
const TICKS = 6;
/** Colours that people with colour blindness tell apart (Okabe and Ito 2008), each with a mark of its own. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

export function svgPlot({ title, x, y, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const scaleX = scaleOf(x, points.map(([value]) => value), [LEFT, WIDTH - RIGHT]);
  const scaleY = scaleOf(y, points.map(([, value]) => value), [HEIGHT - BOTTOM, TOP]);
  const grid = [
    ...scaleX.ticks.map(({ at, text }) => `<line x1="${at}" y1="${TOP}" x2="${at}" y2="${HEIGHT - BOTTOM}" class="grid"/><text x="${at}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${text}</text>`),
    ...scaleY.ticks.map(({ at, text }) => `<line x1="${LEFT}" y1="${at}" x2="${WIDTH - RIGHT}" y2="${at}" class="grid"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${text}</text>`),
  ];
  const lines = series.map(({ name, points: of }, index) => {
    const color = COLORS[index % COLORS.length]!;
    const places = of.map(([a, b]) => [scaleX.place(a), scaleY.place(b)] as const);
    const marks = places.length > 60 ? '' : places.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="3" fill="${color}"/>`).join('');
    const legend = `<circle cx="${WIDTH - RIGHT + 14}" cy="${TOP + 10 + index * 18}" r="4" fill="${color}"/><text x="${WIDTH - RIGHT + 24}" y="${TOP + 14 + index * 18}">${escapeXml(name)}</text>`;
    return `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>${marks}${legend}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}" font-family="sans-serif" font-size="11" fill="currentColor">
<style>.grid{stroke:currentColor;stroke-opacity:.15}</style>
<text x="${LEFT}" y="18" font-size="14" font-weight="bold">${escapeXml(title)}</text>
${grid.join('')}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escapeXml(x.label)}</text>
<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text>
${lines.join('\n')}
</svg>`;
}

interface Scale {
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  place(value: number): number;
}

function scaleOf({ log = false }: Axis, values: readonly number[], range: readonly [number, number]): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const low = usable.length === 0 ? 1 : Math.min(...usable);
  const high = usable.length === 0 ? 10 : Math.max(...usable);
  const scale = log
    ? scaleLog().domain([low, high === low ? low * 10 : high]).range(range).nice()
    : scaleLinear().domain([Math.min(0, low), high === low && low === 0 ? 1 : high]).range(range).nice();
  const rounded = (at: number) => Math.round(at * 100) / 100;
  const withPrefix = scale.tickFormat(TICKS, '~s');
  // Prefixes of small numbers (100m) are read as if they were of the unit. Empty: a tick that is too close to another one.
  const text = (tick: number) => (withPrefix(tick) === '' || Math.abs(tick) >= 1 ? withPrefix(tick) : String(Number(tick.toPrecision(6))));
  return {
    ticks: scale.ticks(TICKS).map((tick) => ({ at: rounded(scale(tick)), text: text(tick) })).filter((tick) => tick.text !== ''),
    place: (value) => rounded(scale(log ? Math.max(value, low) : value)),
  };
}

/** A page that needs nothing else: no script, no font, no other file. */
import { conditionsText, type Conditions } from './conditions.js';
import { escapeXml as escape } from '../escape-xml.js';

export function reportPage(title: string, conditions: Conditions, partial: boolean, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;overflow-wrap:break-word}
.wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #8884}td{white-space:nowrap}td.n{text-align:right}td.long{white-space:normal;min-width:18rem}
svg{width:100%;min-width:36rem;max-width:50rem}summary{cursor:pointer}.partial{border-left:4px solid #d55e00;padding-left:1rem}
</style>
<h1>${escape(title)}</h1>
<p>${escape(conditionsText(conditions))}, ${escape(conditions.date)}</p>
${partial ? '<p class="partial">The measurement was interrupted: what follows is what was done until then.</p>' : ''}
${parts.join('\n')}
</html>
`;
}

/** Letters above which a cell is broken into lines. */
const LONG = 40;

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const kind = (text: string) => (/^-?[\d.,e+]+$/.test(text) ? ' class="n"' : text.length > LONG ? ' class="long"' : '');
  const cell = (text: string) => `<td${kind(text)}>${escape(text)}</td>`;
  const head = titles.every((title) => title === '') ? '' : `<tr>${titles.map((title) => `<th>${escape(title)}</th>`).join('')}</tr>\n`;
  return `<div class="wide"><table>${head}${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</table></div>`;
}

/** A plot that scrolls on a narrow screen, where its words would be too small to read. */
export const figure = (svg: string): string => `<div class="wide">${svg}</div>`;

/** Names and values of conditions and settings, as people read them. */
export const facts = (of: object): string =>
  table(['', ''], Object.entries(of).map(([name, value]) => [name.replace(/_/g, ' '), value === null || value === undefined ? 'unknown' : String(value)]));

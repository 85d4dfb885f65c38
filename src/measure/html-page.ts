/** A page that needs nothing else: no script, no font, no other file. */
import { conditionsText, type Conditions } from './conditions.js';
import { escapeXml as escape } from '../escape-xml.js';

export function reportPage(title: string, conditions: Conditions, partial: boolean, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #8884}td.n{text-align:right}
svg{width:100%;max-width:50rem}summary{cursor:pointer}.partial{border-left:4px solid #d55e00;padding-left:1rem}
</style>
<h1>${escape(title)}</h1>
<p>${escape(conditionsText(conditions))}, ${escape(conditions.date)}</p>
${partial ? '<p class="partial">The measurement was interrupted: what follows is what was done until then.</p>' : ''}
${parts.join('\n')}
</html>
`;
}

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `<td${/^-?[\d.,e+]+$/.test(text) ? ' class="n"' : ''}>${escape(text)}</td>`;
  return `<table><tr>${titles.map((title) => `<th>${escape(title)}</th>`).join('')}</tr>\n${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</table>`;
}

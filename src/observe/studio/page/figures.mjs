// @ts-check
/** What two looks at an appliance's figures say, one after the other: rates, and text for people. */

/**
 * @typedef {{ rx_packets: number, rx_bytes: number, tx_packets: number, tx_bytes: number, drops: number }} PortFigures
 * @typedef {{ class: string, counters: Record<string, number>, outputs: Record<string, number>, drops: Record<string, number> }} ElementFigures
 * @typedef {{ ports: Record<string, PortFigures>, elements: Record<string, ElementFigures> }} Figures
 * @typedef {{ at_ms: number, figures: Figures }} Look
 */

/** What a second brought; null without an earlier look, or where the appliance began anew in between.
 * @param {number | undefined} before @param {number | undefined} after @param {number} seconds @returns {number | null} */
export function rate(before, after, seconds) {
  if (before === undefined || after === undefined || seconds <= 0 || after < before) return null;
  return (after - before) / seconds;
}

/** Sum of a record's values. @param {Record<string, number>} record */
export const total = (record) => Object.values(record).reduce((sum, value) => sum + value, 0);

/** Rates of one element: packets in, packets by each output, drops. @param {Look | undefined} before @param {Look} after @param {string} name */
export function elementRates(before, after, name) {
  const [old, now] = [before?.figures.elements[name], after.figures.elements[name]];
  const seconds = before === undefined ? 0 : (after.at_ms - before.at_ms) / 1000;
  const outputs = Object.fromEntries(Object.entries(now?.outputs ?? {}).map(([output, value]) => [output, rate(old?.outputs[output], value, seconds)]));
  return { outputs, drops: rate(old && total(old.drops), now && total(now.drops), seconds) };
}

/** Rates of one port, frames and bits a second. Bits are of the frames alone, without preamble, gap and check sequence.
 * @param {Look | undefined} before @param {Look} after @param {string} name */
export function portRates(before, after, name) {
  const [old, now] = [before?.figures.ports[name], after.figures.ports[name]];
  const seconds = before === undefined ? 0 : (after.at_ms - before.at_ms) / 1000;
  const bits = (/** @type {number | null} */ bytes) => (bytes === null ? null : bytes * 8);
  return {
    rx: rate(old?.rx_packets, now?.rx_packets, seconds), tx: rate(old?.tx_packets, now?.tx_packets, seconds),
    rxBits: bits(rate(old?.rx_bytes, now?.rx_bytes, seconds)), txBits: bits(rate(old?.tx_bytes, now?.tx_bytes, seconds)),
  };
}

const PREFIXES = ['', 'k', 'M', 'G', 'T'];

/** `1.23 M`, three digits that count; nothing for what is not known. @param {number | null} value */
export function short(value) {
  if (value === null) return '';
  let size = value;
  let step = 0;
  // 999.5 would be shown as 1000.
  while (size >= 999.5 && step < PREFIXES.length - 1) {
    size /= 1000;
    step += 1;
  }
  const digits = step === 0 ? (Number.isInteger(size) || size >= 100 ? 0 : 1) : size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)}${step === 0 ? '' : ` ${PREFIXES[step]}`}`;
}

/** A line through the values, as the path of an SVG of 100 by 20. @param {readonly number[]} values */
export function sparkline(values) {
  const most = Math.max(...values, 1e-9);
  return values.map((value, index) => `${index === 0 ? 'M' : 'L'}${((index * 100) / Math.max(1, values.length - 1)).toFixed(1)} ${(19 - (18 * value) / most).toFixed(1)}`).join('');
}

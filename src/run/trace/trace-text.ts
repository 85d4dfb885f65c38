/** Traces for people. */
import { describeHeaders } from './decode.js';
import type { Hop, HopVerdict, Trace, TraceResult } from './trace.js';

export function traceText({ traces, frames, matched }: TraceResult): string {
  const blocks = traces.map(oneTrace);
  const rest = frames === 0 ? 'No frame came.' : `${frames} ${frames === 1 ? 'frame' : 'frames'} came, ${matched} matched.`;
  return [...blocks, rest].join('\n\n');
}

function oneTrace({ frame, interface: name, hops }: Trace): string {
  const width = Math.max(0, ...hops.map(({ element }) => element.length));
  const several = hops.some(({ packet }) => packet > 1);
  const lines = [`frame ${frame} from ${name}`];
  let shown = '';
  for (const hop of hops) {
    const headers = describeHeaders(hop.headers, hop.length);
    // Said again only where it is another than before.
    if (headers !== shown) lines.push(`  ${headers}`);
    shown = headers;
    lines.push(`    ${several ? `#${hop.packet} ` : ''}${hop.element.padEnd(width)}  ${verdictText(hop.verdict, hop)}`);
    for (const change of hop.changes) lines.push(`    ${' '.repeat(several ? 3 : 0)}${' '.repeat(width)}    ${change}`);
  }
  return lines.join('\n');
}

function verdictText(verdict: HopVerdict, { class: type, input, from, packet }: Hop): string {
  const origin = input === null && from !== null ? ` (packet ${packet}, made of packet ${from})` : '';
  switch (verdict.kind) {
    case 'output':
      return `${type} -> ${verdict.name === String(verdict.port) ? verdict.port : `${verdict.port} (${verdict.name})`}${origin}`;
    case 'drop':
      return `${type} drops it: ${verdict.reason}${verdict.means === null ? '' : `. ${verdict.means}`}`;
    case 'sent':
      return `${type} sends it on ${verdict.interface}`;
    case 'consumed':
      return `${type} takes it: it ends here as it should`;
    default:
      return `${type} keeps it`;
  }
}

/** The ECN bits (RFC 3168) as arguments have them. */
import { parsed, type Parsed } from 'wirelet';

const NAMES: Readonly<Record<string, number>> = { '0': 0, '1': 1, '2': 2, '3': 3, no: 0, '-': 0, ect1: 1, 'ECT(1)': 1, ect2: 2, 'ECT(0)': 2, ce: 3, CE: 3 };

interface Ecn {
  readonly bits: number;
  readonly text: string;
}

function readEcn(text: string): Parsed<Ecn> {
  const bits = NAMES[text];
  return bits === undefined ? { error: `expected no, ect1, ect2, ce or a number from 0 to 3, got "${text}"`, click: 'bad ECN argument', ofElement: true } : { value: { bits, text } };
}

export const ecnArgument = parsed<Ecn>('ECN value', { doc: 'no (0), ect1 (1), ect2 (2) or ce (3).' }, readEcn, ({ text }) => text);

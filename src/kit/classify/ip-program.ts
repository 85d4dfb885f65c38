/** What IPClassifier and IPFilter build: a decision program for packets with a whole IPv4 header. */
import { buildProgram } from './build.js';
import type { Expression, Rule } from './expression.js';
import type { DecisionProgram } from './program.js';

/** The least header (RFC 791, 3.1); the elements drop packets with less before they classify. */
export const IP_HEADER_BYTES = 20;

export interface IpProgram {
  readonly program: DecisionProgram;
  /** Whether some rule looks at the Ethernet header, so that it must be marked. */
  readonly readsEthernet: boolean;
}

/** What the rules come to; `outputs` classes at least, and as many as the rules name. */
export function ipProgram(rules: readonly Rule[], outputs = 0): IpProgram {
  const classes = rules.reduce((most, rule) => Math.max(most, rule.class + 1), outputs);
  const program = buildProgram(rules, classes, { networkBytes: IP_HEADER_BYTES });
  return { program, readsEthernet: rules.some(({ condition }) => readsEthernet(condition)) };
}

function readsEthernet(expression: Expression): boolean {
  switch (expression.op) {
    case 'constant':
      return false;
    case 'test':
      return expression.field.anchor === 'mac';
    case 'not':
      return readsEthernet(expression.of);
    case 'and':
    case 'or':
      return expression.of.some(readsEthernet);
  }
}

/** Arguments of those that read traces which somebody printed as text (Click's FromTcpdump, FromCapDump). */
import { bool, filename } from 'wirelet';
import { sampleArgument } from './sample.js';

export const traceTextArguments = {
  filename: filename({ doc: 'The file; - is standard input.' }),
  stop: bool({ default: false, keyword: true, doc: 'Whether the run ends after the last line.' }),
  active: bool({ default: true, keyword: true, doc: 'Whether it works.' }),
  zero: bool({ default: true, keyword: true, doc: 'Without effect: what lines do not say is zero.' }),
  checksum: bool({ default: false, keyword: true, doc: 'Whether checksums are right.' }),
  sample: sampleArgument('The share of packets that are made.'),
};

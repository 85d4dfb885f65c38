/** All fields of packet summaries, by their names. */
import { ANNOTATION_FIELDS } from './annotation-fields.js';
import type { Field } from './field.js';
import { IP_FIELDS } from './ip-fields.js';
import { LINK_FIELDS } from './link-fields.js';
import { PAYLOAD_FIELDS } from './payload-fields.js';
import { CHECKSUM_FIELDS, TRANSPORT_FIELDS } from './transport-fields.js';

const belowIp = (fields: Readonly<Record<string, Field>>) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, { ...field, isBelowIp: true }]));

export const FIELDS: Readonly<Record<string, Field>> = { ...belowIp(ANNOTATION_FIELDS), ...belowIp(LINK_FIELDS), ...IP_FIELDS, ...TRANSPORT_FIELDS, ...CHECKSUM_FIELDS, ...PAYLOAD_FIELDS };

const SYNONYMS: Readonly<Record<string, string>> = {
  utimestamp: 'timestamp', ts: 'timestamp', sec: 'ts_sec', usec: 'ts_usec', usec1: 'ts_usec1', first_utimestamp: 'first_timestamp', first_ts: 'first_timestamp', pkt_count: 'count', packet_count: 'count', agg: 'aggregate',
  wire_length: 'wire_len', ether_src: 'eth_src', ether_dst: 'eth_dst', ether_type: 'eth_type', length: 'ip_len', ip_p: 'ip_proto', tcp_seqno: 'tcp_seq', tcp_ackno: 'tcp_ack', tcp_win: 'tcp_window', payload_length: 'payload_len',
};

/** The name of a field, whichever of its names is given: with a space as in the first dumps, or without `ip_`. */
export function fieldName(text: string): string | undefined {
  const known = SYNONYMS[text] ?? text;
  if (Object.hasOwn(FIELDS, known)) return known;
  if (text.includes(' ')) return fieldName(text.replace(' ', '_'));
  return text.includes('_') ? undefined : fieldName(`ip_${text}`);
}

/** As fields are named in the line that says which there are. */
export const nameInHeader = (name: string, isBinary: boolean): string => (name === 'ntimestamp' && !isBinary ? 'timestamp' : name);

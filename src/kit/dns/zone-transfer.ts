/**
 * A whole zone as the messages of a transfer (RFC 5936), laid out when the zone is read. The first message, which answers the question,
 * holds the SOA record alone and is made as any answer is; here are those that follow it, each behind its length as TCP has them.
 */
import { AnswerWriter, AUTHORITATIVE, HEADER_BYTES, RESPONSE, type Answer } from './answer-writer.js';
import { wireLength } from './name.js';
import { TYPE } from './record-data.js';
import type { ZoneRecord } from './zone-reader.js';
import { dataBytes, type RecordSet, type Zone } from './zone.js';

/** Bytes of a message's sections, above which the next record begins another one: pointers reach all of them. */
const MESSAGE_BYTES = 12_000;

export interface ZoneTransfer {
  /** Of the first message: the SOA record, behind a question for the origin. */
  readonly first: Answer;
  /** The messages that follow, their identification 0. */
  readonly bytes: Uint8Array;
  /** Where each begins, with its length. */
  readonly starts: readonly number[];
}

export function zoneTransfer(zone: Zone): ZoneTransfer {
  const soa = zone.apex.sets.get(TYPE.SOA)!;
  const first = new AnswerWriter(zone.origin, zone.origin.length, true);
  first.set(0, soa);
  const pieces: Buffer[] = [];
  const starts: number[] = [];
  let length = 0;
  let writer = fresh();
  let records = 0;

  function fresh(): AnswerWriter {
    return new AnswerWriter(zone.origin, 0, true, HEADER_BYTES);
  }

  function end(): void {
    const { bytes, counts, flags } = writer.done(RESPONSE | AUTHORITATIVE);
    const head = Buffer.alloc(2 + HEADER_BYTES);
    head.writeUInt16BE(HEADER_BYTES + bytes.length, 0);
    head.writeUInt16BE(flags, 4);
    head.writeUInt16BE(counts[0], 8);
    starts.push(length);
    pieces.push(head, Buffer.from(bytes));
    length += head.length + bytes.length;
    writer = fresh();
    records = 0;
  }

  function add({ owner, type, ttl }: RecordSet, { data }: ZoneRecord): void {
    const most = wireLength(owner) + 10 + dataBytes(data).length;
    if (records > 0 && writer.length + most > MESSAGE_BYTES) end();
    writer.record(0, type, ttl, data, owner);
    records += 1;
  }

  for (const { sets } of zone.all) {
    for (const set of sets.values()) {
      if (set === soa) continue;
      for (const record of set.records) add(set, record);
    }
  }
  add(soa, soa.records[0]!);
  end();
  return { first: first.done(RESPONSE | AUTHORITATIVE), bytes: Uint8Array.from(Buffer.concat(pieces)), starts };
}

/** A zone from its file. */
import type { SourceText, Diagnostics } from '../../diagnostics.js';
import { type Name, isWithin, formatName, keyOf } from './name.js';
import { formatType, type RecordData } from './record-data.js';
import { checkZone } from './zone-check.js';
import { type OpenInclude, readZone, type ZoneRecord } from './zone-reader.js';
import { Zone } from './zone.js';

/** Reads a zone and checks it; undefined when it has errors, which were reported. */
export function loadZone(source: SourceText, origin: Name, include: OpenInclude, diagnostics: Diagnostics): Zone | undefined {
  const before = diagnostics.errors;
  const records = readZone(source, origin, include, diagnostics);
  const zone = zoneOf(records, origin, diagnostics);
  checkZone(zone, records, source, diagnostics, diagnostics.errors > before);
  return diagnostics.errors > before ? undefined : zone;
}

/** Sorts records into sets. What is not of the zone is left out, what stands there twice is taken once, as BIND does. */
export function zoneOf(records: readonly ZoneRecord[], origin: Name, diagnostics: Diagnostics): Zone {
  const zone = new Zone(origin);
  const sets = new Map<string, { owner: Name; type: number; ttl: number; records: ZoneRecord[]; seen: Set<string> }>();
  for (const record of records) {
    const { owner, type, ttl, data, span } = record;
    if (!isWithin(owner, origin)) {
      const hint = 'Is a dot missing at the end of its name, or the origin another one?';
      diagnostics.warning('WL1313', span, `${formatName(owner)} is not in the zone ${formatName(origin)}: the record is left out`, hint);
      continue;
    }
    const key = `${keyOf(owner)}\0${type}`;
    let set = sets.get(key);
    if (set === undefined) sets.set(key, (set = { owner, type, ttl, records: [], seen: new Set() }));
    if (ttl !== set.ttl) diagnostics.warning('WL1313', span, `${formatType(type)} records of ${formatName(owner)} have different times to live: ${set.ttl} seconds are taken`);
    const content = contentOf(data);
    if (set.seen.has(content)) continue;
    set.seen.add(content);
    set.records.push(record);
  }
  for (const { seen: _, ...set } of sets.values()) zone.put(set);
  return zone;
}

export function contentOf(data: RecordData): string {
  return data.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : `\0${keyOf(part.name)}`)).join('');
}

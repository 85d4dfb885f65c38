/** What a zone must hold to be served, and what is suspicious in it, as BIND's named-checkzone judges. */
import type { Diagnostics, SourceText, Span } from '../../diagnostics.js';
import { formatName, isWildcard, isWithin, keyOf, type Name } from './name.js';
import { formatType, targetOf, TYPE } from './record-data.js';
import type { RecordSet, Zone, ZoneNode } from './zone.js';
import type { ZoneRecord } from './zone-reader.js';

/** Reports everything that is wrong. With `misread` the file has errors already: what is missing is not spoken of. */
export function checkZone(zone: Zone, records: readonly ZoneRecord[], source: SourceText, diagnostics: Diagnostics, misread: boolean): void {
  new Check(zone, source, diagnostics).run(records, misread);
}

class Check {
  constructor(
    private readonly zone: Zone,
    private readonly source: SourceText,
    private readonly diagnostics: Diagnostics,
  ) {}

  run(records: readonly ZoneRecord[], misread: boolean): void {
    if (!misread) this.apex();
    for (const node of this.zone.all) {
      this.singletons(node);
      for (const set of node.sets.values()) this.owner(set);
    }
    for (const record of records) {
      if (isWithin(record.owner, this.zone.origin)) this.target(record, misread);
    }
  }

  private error(span: Span, message: string, hint?: string): void {
    this.diagnostics.error('WL1312', span, message, hint);
  }

  private warn(span: Span, message: string, hint?: string): void {
    this.diagnostics.warning('WL1313', span, message, hint);
  }

  private apex(): void {
    const { apex, origin } = this.zone;
    const whole = this.source.span(0, 0);
    if (!apex.sets.has(TYPE.SOA)) {
      this.error(whole, `the zone ${formatName(origin)} has no SOA record`, 'Write one at the origin: @ SOA ns hostmaster 1 1d 2h 4w 1h');
    }
    if (!apex.sets.has(TYPE.NS)) this.error(whole, `the zone ${formatName(origin)} has no NS record`, 'Write one for each of its servers: @ NS ns');
  }

  /** CNAME and SOA stand once, CNAME alone (RFC 1034, 3.6.2; RFC 2181, 10.1). */
  private singletons({ name, sets }: ZoneNode): void {
    const alias = sets.get(TYPE.CNAME);
    const soa = sets.get(TYPE.SOA);
    for (const set of [alias, soa]) {
      if (set === undefined || set.records.length === 1) continue;
      this.error(set.records[1]!.span, `${formatName(name)} has ${set.records.length} ${formatType(set.type)} records; there can be one`);
    }
    if (soa !== undefined && keyOf(name) !== keyOf(this.zone.origin)) {
      this.error(soa.records[0]!.span, `the SOA record is not at the origin of the zone, ${formatName(this.zone.origin)}`);
    }
    if (alias === undefined) return;
    for (const set of sets.values()) {
      if (set === alias) continue;
      const hint = 'An alias has no other records: give the records to the name that it leads to.';
      this.error(set.records[0]!.span, `${formatName(name)} has a CNAME record, and so no ${formatType(set.type)} record`, hint);
    }
  }

  private owner({ owner, type, records }: RecordSet): void {
    const { span } = records[0]!;
    if (isWildcard(owner) && type === TYPE.NS) this.error(span, 'a wildcard cannot be given to other servers', 'RFC 4592, 4.2 leaves open what that would mean.');
    if (owner.slice(1).some((label) => label === '*')) this.warn(span, `"*" is not the first label of ${formatName(owner)}: it is no wildcard there`);
    const isHost = type === TYPE.A || type === TYPE.AAAA || type === TYPE.MX;
    if (isHost && !isHostName(isWildcard(owner) ? owner.slice(1) : owner)) {
      this.warn(span, `${formatName(owner)} is not the name of a host`, 'Those have letters, digits and inner hyphens (RFC 1123, 2.1).');
    }
  }

  private target({ owner, type, data, span }: ZoneRecord, misread: boolean): void {
    if (type !== TYPE.NS && type !== TYPE.MX && type !== TYPE.SRV) return;
    const name = targetOf(data)!;
    // A target of the root says that there is no such service (RFC 7505; RFC 2782).
    if (name.length === 0 && type !== TYPE.NS) return;
    const said = `${formatType(type)} "${formatName(name)}"`;
    if (/^\d+$/.test(name[3] ?? '') && name.slice(0, 4).every((label) => /^\d{1,3}$/.test(label))) {
      this.warn(span, `${said} looks like an address; a name is wanted`);
    }
    if (!isWithin(name, this.zone.origin)) return;
    const found = this.zone.find(name);
    const cut = this.zone.cutAbove(name);
    const isOwn = type === TYPE.NS && keyOf(owner) === keyOf(this.zone.origin);
    const refuse = (message: string, hint?: string) => (isOwn ? this.error(span, message, hint) : this.warn(span, message, hint));
    if (cut === undefined && found?.sets.has(TYPE.CNAME) === true) return refuse(`${said} is an alias`, 'RFC 2181, 10.3: name the host itself.');
    if (found?.sets.has(TYPE.A) === true || found?.sets.has(TYPE.AAAA) === true || misread) return;
    if (cut !== undefined && type !== TYPE.NS) return;
    if (cut === undefined && found === undefined && this.hasWildcardAddress(name)) return;
    const glue = cut !== undefined && isWithin(name, owner);
    refuse(`${said} has no address in the zone`, glue ? 'Nobody finds that server without one (glue, RFC 1034, 4.2.1).' : undefined);
  }

  /** Whether a wildcard at the closest name that exists gives the name, which does not exist, an address. */
  private hasWildcardAddress(name: Name): boolean {
    for (let above = name.slice(1); above.length >= this.zone.origin.length; above = above.slice(1)) {
      if (this.zone.find(above) === undefined) continue;
      const sets = this.zone.find(['*', ...above])?.sets;
      return sets?.has(TYPE.A) === true || sets?.has(TYPE.AAAA) === true;
    }
    return false;
  }
}

function isHostName(name: Name): boolean {
  return name.every((label) => /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i.test(label));
}

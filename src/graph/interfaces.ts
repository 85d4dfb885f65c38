/** The interfaces of an appliance: their numbers and addresses, and the names these give to arguments. */
import { createHash } from 'node:crypto';
import type { Diagnostics, Span } from '../diagnostics.js';
import { formatMac, parseMac, parsePrefix, prefix, type Prefix } from '../kit/address.js';
import { INTERFACES_MAX } from '../kit/limits.js';
import type { Graph, InterfaceDeclaration, Located } from './graph.js';
import type { NameScope } from './name-scope.js';
import { substitute, type Variables } from './variables.js';

export interface ExpandedInterface {
  readonly name: string;
  readonly index: number;
  readonly mac: number;
  readonly address?: number;
  readonly prefixLength?: number;
  readonly span: Span;
}

/** Makes the interfaces that the graph lists, or else those that its devices name, in that order. */
export function makeInterfaces(
  graph: Graph,
  devices: readonly Located<string>[],
  variables: Variables,
  names: NameScope,
  diagnostics: Diagnostics,
): ExpandedInterface[] {
  const listed = graph.interfaces.length > 0 ? graph.interfaces : namedByDevices(devices);
  if (listed.length > INTERFACES_MAX) {
    const { span } = listed[INTERFACES_MAX]!.name;
    diagnostics.error('WL1211', span, `the graph has ${listed.length} interfaces; an appliance has at most ${INTERFACES_MAX}`);
  }
  const macs = new Map<number, ExpandedInterface>();
  return listed.map((declaration, index) => {
    const made = makeInterface(graph.name, declaration, index, variables, names, diagnostics);
    const other = macs.get(made.mac);
    if (other !== undefined) {
      const span = declaration.mac?.span ?? declaration.name.span;
      diagnostics.error('WL1209', span, `the interfaces "${other.name}" and "${made.name}" have the same MAC address`, undefined, [
        { message: `"${other.name}"`, span: other.span },
      ]);
    }
    macs.set(made.mac, made);
    names.addAddress(made.name, { mac: made.mac, ...addressNames(made) });
    return made;
  });
}

function namedByDevices(devices: readonly Located<string>[]): InterfaceDeclaration[] {
  const first = new Map<string, Located<string>>();
  for (const device of devices) if (!first.has(device.value)) first.set(device.value, device);
  return [...first.values()].map((name) => ({ name }));
}

function makeInterface(
  appliance: string,
  { name, mac, address }: InterfaceDeclaration,
  index: number,
  variables: Variables,
  names: NameScope,
  diagnostics: Diagnostics,
): ExpandedInterface {
  const given = mac && readMac(mac, variables, diagnostics);
  const net = address && readAddress(address, variables, diagnostics);
  // AddressInfo may give an interface its addresses too.
  const known = (family: 'mac' | 'prefix' | 'ipv4') => names.address(name.value, family);
  const knownMac = known('mac') as number | undefined;
  const knownNet = known('prefix') as Prefix | undefined;
  return {
    name: name.value,
    index,
    mac: given ?? knownMac ?? generatedMac(appliance, name.value),
    address: net?.address ?? knownNet?.address ?? (known('ipv4') as number | undefined),
    prefixLength: net?.length ?? knownNet?.length,
    span: name.span,
  };
}

function addressNames({ address, prefixLength }: ExpandedInterface) {
  return address === undefined ? {} : { ipv4: address, prefix: prefix(address, prefixLength ?? 32) };
}

function readMac(mac: Located<string>, variables: Variables, diagnostics: Diagnostics): number | undefined {
  const text = substitute(mac.value, variables, mac.span, diagnostics);
  if (text === undefined) return undefined;
  const value = parseMac(text);
  if (value === undefined) {
    const hint = 'Six bytes in hex with colons, such as 02:00:00:00:00:01; leave it out and one is made.';
    diagnostics.error('WL1209', mac.span, `"${text}" is not a MAC address`, hint);
  } else if (Math.trunc(value / 2 ** 40) % 2 === 1) {
    const hint = 'The first byte of an address of one interface is even; 02 is meant for addresses of your own.';
    diagnostics.error('WL1209', mac.span, `${formatMac(value)} is a group address, not that of one interface`, hint);
  } else {
    return value;
  }
  return undefined;
}

function readAddress(address: Located<string>, variables: Variables, diagnostics: Diagnostics): Prefix | undefined {
  const text = substitute(address.value, variables, address.span, diagnostics);
  if (text === undefined) return undefined;
  const value = parsePrefix(text);
  if (value === undefined) {
    diagnostics.error('WL1209', address.span, `"${text}" is not an IPv4 address`, 'For example 192.0.2.1/24, or 192.0.2.1 alone.');
  }
  return value;
}

/**
 * A MAC address from the names of appliance and interface, the same every time: locally administered
 * (bit 1 of the first byte set), of one station (bit 0 clear); IEEE 802, 8.4.
 */
export function generatedMac(appliance: string, name: string): number {
  const hash = createHash('sha256').update(`${appliance}\0${name}`).digest();
  return ((hash[0]! & 0xfc) | 0x02) * 2 ** 40 + hash.readUIntBE(1, 5);
}

/**
 * What devices do besides: an element behind a FromDevice that sorts or cuts what it received, or has a second output, and one before a ToDevice that has outputs. They
 * take over the arrows there, and what the arguments say; so the ends of the graph themselves stay simple.
 */
import type { ExpandedArguments, ExpandedConnection, ExpandedInstance } from './expanded.js';
import { RECEIVE_CLASS, SEND_CLASS } from './implied-devices.js';
import type { Located } from './graph.js';

const RECEIVED = 'ReceivedFrames';
/** Which way a device is opened; filters of libpcap need libpcap's. */
const METHODS = ['METHOD', 'CAPTURE'];
const FILTER = 'BPF_FILTER';
/** The arguments of FromDevice that the element behind it carries out; SNAPLEN is the third by position. */
const CARRIED = ['FORCE_IP', 'SNAPLEN', 'PROTOCOL', FILTER];
const SNAPLEN_PLACE = 2;

function isCarried(name: string, method: unknown): boolean {
  return CARRIED.includes(name) && (name !== FILTER || method === undefined || method === 'PCAP');
}

export interface Expanded {
  readonly instances: readonly ExpandedInstance[];
  readonly connections: readonly ExpandedConnection[];
}

export function withDevicePorts({ instances, connections }: Expanded): Expanded {
  const made = new Map<ExpandedInstance, ExpandedInstance>();
  const leaving = new Set(connections.map(({ from }) => from.instance));
  for (const instance of instances) {
    if (instance.className === RECEIVE_CLASS) {
      const list = carried(instance.arguments);
      // A graph that was written out has it already.
      if (connections.some(({ from, to }) => from.instance === instance && to.instance.className === RECEIVED)) continue;
      const second = connections.some(({ from }) => from.instance === instance && from.port !== undefined && Number(from.port.value) >= 1);
      if (list.length > 0 || second) made.set(instance, beside(instance, 'received', RECEIVED, list));
    } else if (instance.className === SEND_CLASS && leaving.has(instance)) {
      made.set(instance, beside(instance, 'sent', 'SentFrames', []));
    }
  }
  if (made.size === 0) return { instances, connections };
  const zero = ({ span }: ExpandedInstance): Located<number> => ({ value: 0, span });
  const rewired = connections.map(({ from, to }): ExpandedConnection => {
    const source = made.get(from.instance);
    const sink = to.instance.className === SEND_CLASS ? made.get(to.instance) : undefined;
    const shift = from.instance.className === SEND_CLASS ? 1 : 0;
    return {
      from: source === undefined ? from : { ...from, instance: source, port: { value: Number(from.port?.value ?? 0) + shift, span: from.port?.span ?? from.span } },
      to: sink === undefined ? to : { ...to, instance: sink },
    };
  });
  const between = [...made].map(([device, other]): ExpandedConnection => {
    const [first, second] = device.className === RECEIVE_CLASS ? [device, other] : [other, device];
    return { from: { instance: first, port: zero(first), span: device.span }, to: { instance: second, port: zero(second), span: device.span } };
  });
  return { instances: [...instances, ...made.values()], connections: [...rewired, ...between] };
}

function beside(device: ExpandedInstance, suffix: string, className: string, list: readonly Located<string>[]): ExpandedInstance {
  return { ...device, name: `${device.name}/${suffix}`, className, arguments: { form: 'click', list, span: device.span, complete: device.arguments.complete } };
}

/** The arguments that ReceivedFrames is given. */
function carried(given: ExpandedArguments): Located<string>[] {
  if (given.form === 'map') {
    const method = given.entries.find(({ key }) => METHODS.includes(key.value.toUpperCase()))?.value.value;
    return given.entries.filter(({ key }) => isCarried(key.value.toUpperCase(), method)).map(({ key, value }) => ({ value: `${key.value.toUpperCase()} ${String(value.value)}`, span: value.span }));
  }
  const keyword = (value: string) => /^([A-Z][A-Z0-9_]*)\s/.exec(value)?.[1] ?? '';
  const method = given.list.find(({ value }) => METHODS.includes(keyword(value)))?.value.replace(/^\w+\s+/, '');
  const keyed = given.list.filter(({ value }) => isCarried(keyword(value), method));
  const plain = given.list.filter(({ value }) => !/^[A-Z][A-Z0-9_]*\s/.test(value));
  const snaplen = plain[SNAPLEN_PLACE];
  return snaplen === undefined ? keyed : [...keyed, { value: `SNAPLEN ${snaplen.value}`, span: snaplen.span }];
}

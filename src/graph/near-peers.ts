/** Finds the elements whose state others use because they are the nearest ones of their class. */
import type { Diagnostics } from '../diagnostics.js';
import type { Instance } from './graph.js';
import { nearest } from './nearest.js';

/** The instances, those that seek a peer with it. */
export function withNearPeers(instances: readonly Instance[], diagnostics: Diagnostics): Instance[] {
  return instances.map((instance) => {
    const { nearPeer } = instance.class.definition;
    if (nearPeer === undefined) return instance;
    const { className, upstream } = nearPeer;
    const first = upstream ? instance.inputs[0]!.from : instance.outputs[0]!.to;
    const [peer] = nearest(instance, first, !upstream, instances, ({ index, class: type }) => (type.name === className ? index : undefined));
    if (peer !== undefined) return { ...instance, peers: [peer] };
    const message = `"${instance.name}" (${instance.class.name}): there is no ${className} ${upstream ? 'before it' : 'behind it'}`;
    const hint = upstream ? `Let packets come to its first input through a ${className}.` : `Let packets go from its first output to a ${className}.`;
    const text = `need at least 1 ${upstream ? 'upstream' : 'downstream'} ${className}`;
    diagnostics.error('WL1300', instance.span, message, hint, undefined, { text, configuring: `${instance.name} :: ${instance.class.name}`, span: instance.span, initializing: true });
    return instance;
  });
}

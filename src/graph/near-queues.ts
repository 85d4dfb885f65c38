/** Finds the queues that elements such as RED watch: those their arguments name, else the nearest ones. */
import type { ClickWords, Diagnostics } from '../diagnostics.js';
import { candidatesFor } from './elements-around.js';
import type { Instance } from './graph.js';
import { nearest } from './nearest.js';

type Watched = NonNullable<Instance['queues']>[number];

/** The instances, those that watch queues with these. */
export function withQueues(instances: readonly Instance[], diagnostics: Diagnostics): Instance[] {
  return instances.map((instance) => {
    if (instance.class.definition.waitsForRoom === true) return { ...instance, queues: queuesWithNotice(instance, instances) };
    if (instance.class.definition.watchesQueues !== true) return instance;
    const names = instance.config['queues'];
    const named = Array.isArray(names) && names.length > 0;
    const queues = named ? namedQueues(instance, names as readonly string[], instances, diagnostics) : nearestQueues(instance, instances);
    if (!named && queues.length === 0) {
      diagnostics.error('WL1300', instance.span, `"${instance.name}" (${instance.class.name}): there is no queue near it`, 'Put a Queue behind it, or before it where packets are pulled, or name one: QUEUES name.', undefined, { ...whileReading(instance, 'no nearby Queues'), initializing: true });
    }
    return { ...instance, queues };
  });
}

/** What Click says while it reads or begins that element. */
const whileReading = ({ name, class: type, span }: Instance, text: string): ClickWords => ({ text, configuring: `${name} :: ${type.name}`, span });

function asQueue({ index, class: type }: Instance): Watched | undefined {
  const entry = type.definition.storage;
  return entry === undefined ? undefined : { instance: index, entry };
}

function namedQueues(from: Instance, names: readonly string[], instances: readonly Instance[], diagnostics: Diagnostics): Watched[] {
  return names.flatMap((name) => {
    const found = candidatesFor(name, from.name).map((candidate) => instances.find((instance) => instance.name === candidate)).find((instance) => instance !== undefined);
    const queue = found && asQueue(found);
    if (queue !== undefined) return [queue];
    const message = found === undefined ? `there is no element "${name}"` : `"${name}" (${found.class.name}) is no queue`;
    const click = found === undefined ? whileReading(from, `no element named '${name}'`) : { ...whileReading(from, `'${found.name}' is not a Storage element`), initializing: true };
    diagnostics.error('WL1300', from.span, `"${from.name}" (${from.class.name}): ${message}`, 'QUEUES takes the names of queues, with spaces between them.', undefined, click);
    return [];
  });
}

/** Queues that packets come to next where they are pushed, or came from last where they are pulled. */
function nearestQueues(from: Instance, instances: readonly Instance[]): Watched[] {
  const downstream = from.outputs[0]?.processing !== 'pull';
  const first = downstream ? from.outputs[0]!.to : from.inputs.flatMap((input) => input.from);
  return nearest(from, first, downstream, instances, asQueue);
}

/** The nearest queues that packets are pushed to; none if one of them does not tell what room it has, or never has any: then nobody can wait for it. */
function queuesWithNotice(from: Instance, instances: readonly Instance[]): Watched[] {
  const pushed = from.outputs.filter(({ processing }) => processing === 'push').flatMap(({ to }) => to);
  const found = nearest(from, pushed, true, instances, (instance) => asQueue(instance));
  const tells = found.every(({ instance: index }) => instances[index]!.class.definition.tellsRoom === true && instances[index]!.config['capacity'] !== 0);
  return tells ? found : [];
}

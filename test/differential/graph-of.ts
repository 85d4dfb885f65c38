/** Checked graphs made by hand, for tests of the stages after the check. */
import { fileURLToPath } from 'node:url';
import { SourceText } from '#src/diagnostics.js';
import type { CheckedGraph, InputPort, Instance, OutputPort } from '#src/graph/graph.js';
import { defineElement, push, type ElementClass, type PortSide } from '#src/kit/index.js';

const THIS_FILE = fileURLToPath(import.meta.url);
const FromDevice = defineElement({ name: 'FromDevice', device: 'receive', ports: { outputs: { out: push('Frames.') } } });
const ToDevice = defineElement({ name: 'ToDevice', device: 'send', ports: { inputs: { in: push('Frames.') } } });

export interface Member {
  readonly name: string;
  readonly class: ElementClass;
  readonly file: string;
  readonly outputs: number;
  /** Its arguments, as the check would give them. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** One interface for each member, which sends its outputs 0, 1, 2 to interfaces 0, 1 and 2. */
export function fanGraph(members: readonly Member[]): CheckedGraph {
  const source = new SourceText('fan.yaml', 'fan\n');
  const span = source.span(0, 3);
  const instances: Instance[] = [];
  const add = (name: string, type: ElementClass, file: string, inputs: number, outputs: number, device?: number, config: Readonly<Record<string, unknown>> = {}): number => {
    const index = instances.length;
    const context = { config, inputs: { length: inputs }, outputs: { length: outputs }, warn: () => undefined, chatter: '' } as never;
    const { state } = type.definition;
    instances.push({
      index,
      name,
      class: type,
      classFile: file,
      config,
      configText: '',
      state: typeof state === 'function' ? state(context) : (state ?? {}),
      built: type.definition.build?.(context),
      inputs: namesOf(type.inputs, inputs).map((port): InputPort => ({ name: port, processing: 'push', from: [] })),
      outputs: namesOf(type.outputs, outputs).map((port): OutputPort => ({ name: port, processing: 'push', to: [] })),
      interface: device,
      span,
    });
    return index;
  };
  const connect = (from: number, fromPort: number, to: number): void => {
    (instances[from]!.outputs[fromPort]!.to as unknown[]).push({ instance: to, port: 0 });
    (instances[to]!.inputs[0]!.from as unknown[]).push({ instance: from, port: fromPort });
  };
  const senders = [0, 1, 2].map((port) => add(`out${port}/tx`, ToDevice, THIS_FILE, 1, 0, port));
  members.forEach((member, number) => {
    const receiver = add(`in${number}/rx`, FromDevice, THIS_FILE, 0, 1, number);
    const element = add(member.name, member.class, member.file, 1, member.outputs, undefined, member.config);
    connect(receiver, 0, element);
    for (let port = 0; port < member.outputs; port += 1) connect(element, port, senders[port]!);
  });
  const count = Math.max(3, members.length);
  const interfaces = Array.from({ length: count }, (_, index) => ({ name: `if${index}`, index, mac: index + 1, receives: index < members.length }));
  return { name: 'fan', version: '0', source, sha256: '', interfaces, instances };
}

function namesOf(side: PortSide, count: number): string[] {
  if (side.named !== undefined) return side.named.map(({ name }) => name);
  return Array.from({ length: count }, (_, port) => String(port));
}

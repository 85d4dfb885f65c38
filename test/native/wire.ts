/** A graph of two interfaces, each sending to the other what it receives: the least that an image can be. */
import { fileURLToPath } from 'node:url';
import { SourceText } from '#src/diagnostics.js';
import type { CheckedGraph, Instance } from '#src/graph/graph.js';
import { defineElement, push, type ElementClass } from '#src/kit/index.js';

const THIS_FILE = fileURLToPath(import.meta.url);
const FromDevice = defineElement({ name: 'FromDevice', device: 'receive', ports: { outputs: { out: push('Frames.') } } });
const ToDevice = defineElement({ name: 'ToDevice', device: 'send', ports: { inputs: { in: push('Frames.') } } });

export interface Middle {
  readonly class: ElementClass;
  readonly file: string;
}

/** The wire; with `middle`, every frame goes through an instance of that class on its way. */
export function wireGraph(middle?: Middle): CheckedGraph {
  const text = `wire ${middle?.class.name ?? ''}\n`;
  const source = new SourceText('wire.yaml', text);
  const span = source.span(0, 4);
  const instances: Instance[] = [];
  const add = (name: string, type: ElementClass, file: string, inputs: number, outputs: number, device?: number): number => {
    const index = instances.length;
    const context = { config: {}, inputs: { length: inputs }, outputs: { length: outputs } } as never;
    const { state } = type.definition;
    instances.push({
      index,
      name,
      class: type,
      classFile: file,
      config: {},
      configText: '',
      state: typeof state === 'function' ? state(context) : (state ?? {}),
      built: type.definition.build?.(context),
      inputs: Array.from({ length: inputs }, () => ({ name: 'in', processing: 'push' as const, from: [] })),
      outputs: Array.from({ length: outputs }, () => ({ name: 'out', processing: 'push' as const, to: [] })),
      interface: device,
      span,
    });
    return index;
  };
  const connect = (from: number, to: number): void => {
    (instances[from]!.outputs[0]!.to as unknown[]).push({ instance: to, port: 0 });
    (instances[to]!.inputs[0]!.from as unknown[]).push({ instance: from, port: 0 });
  };
  for (const port of [0, 1]) {
    const receiver = add(`if${port}/rx`, FromDevice, THIS_FILE, 0, 1, port);
    const sender = add(`if${1 - port}/tx`, ToDevice, THIS_FILE, 1, 0, 1 - port);
    if (middle === undefined) {
      connect(receiver, sender);
    } else {
      const between = add(`middle${port}`, middle.class, middle.file, 1, 1);
      connect(receiver, between);
      connect(between, sender);
    }
  }
  const interfaces = [0, 1].map((index) => ({ name: `if${index}`, index, mac: 0x020000000001 + index, receives: true }));
  return { name: 'wire', version: '0', source, sha256: text, interfaces, instances };
}

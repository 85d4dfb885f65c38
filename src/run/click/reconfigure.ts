/** Gives an element at work other arguments. */
import path from 'node:path';
import { Diagnostics, SourceText } from '../../diagnostics.js';
import { bindArguments } from '../../graph/bind-arguments.js';
import { buildInstance, type Surroundings } from '../../graph/build-instances.js';
import type { BoundInstance } from '../../graph/bound.js';
import { ElementFiles } from '../../graph/element-files.js';
import { elementsAround } from '../../graph/elements-around.js';
import { splitArguments } from '../../graph/click-arguments.js';
import type { Instance } from '../../graph/graph.js';
import { NameScope } from '../../graph/name-scope.js';
import { PlacedText } from '../../graph/placed-text.js';
import { EMPTY_SCOPE } from '../../kit/argument-scope.js';
import { HandlerError } from '../../kit/element.js';
import type { Machine } from './machine.js';
import { plainMessage, warningText } from './plain-message.js';

/** Takes `value` as the element's arguments from now on, and gives what Click warns of; throws HandlerError when they are refused. */
export function reconfigure(engine: Machine, instance: Instance, value: string): readonly string[] {
  const diagnostics = new Diagnostics();
  const bound = boundAgain(instance, value);
  const args = bindArguments(bound, instance.outputs.length, diagnostics);
  const built = args && buildInstance(bound, args, inputsOf(instance), outputsOf(instance), around(instance), diagnostics);
  if (args === undefined || built === undefined || diagnostics.failed) throw refusal(diagnostics);
  engine.reconfigure(instance.index, args.values, built);
  return warningsOf(diagnostics);
}

function inputsOf({ inputs }: Instance): { readonly length: number; readonly pulled: boolean } {
  return { length: inputs.length, pulled: inputs[0]?.processing === 'pull' };
}

function outputsOf({ outputs }: Instance): { readonly length: number; readonly connected: number } {
  return { length: outputs.length, connected: outputs.filter(({ to }) => to.length > 0).length };
}

/** The elements around it; files that its arguments name now are read anew. */
function around({ elements, span, chatter = false }: Instance): Surroundings {
  return { elements: elements ?? elementsAround([], [], ''), files: new ElementFiles(path.dirname(span.source.file)), chatter };
}

/** What an argument's kind makes of `value`; throws HandlerError when it refuses it. */
export function parsedArgument(instance: Instance, name: string, value: string): unknown {
  const parsed = instance.class.config[name]!.parse(value, instance.scope ?? EMPTY_SCOPE);
  if ('error' in parsed) throw new HandlerError(parsed.ofElement === true && parsed.click !== undefined ? parsed.click : `${name.toUpperCase()}: ${parsed.click ?? parsed.error}`);
  return parsed.value;
}

/** What `config` tells after an argument was set: from what it told before, or from all arguments as they are now. */
export type Telling = (given: string, written: () => string) => string;

/** `given` with another value of one argument: where it was given by position, else at the end, behind its name. */
export function withArgument(instance: Instance, given: string, name: string, value: string): string {
  const source = new SourceText('config', given);
  const list = splitArguments(PlacedText.slice(source), 0, given.length).map((argument) => argument.value);
  const keyword = name.toUpperCase();
  const others = list.filter((text) => !text.startsWith(`${keyword} `));
  const position = Object.entries(instance.class.config).filter(([, kind]) => !kind.keyword).findIndex(([key]) => key === name);
  const there = others.length === list.length && position >= 0 ? list[position] : undefined;
  if (there === undefined || /^[A-Z_][A-Z0-9_]*\s+\S/.test(there)) return [...others, `${keyword} ${value}`].join(', ');
  return list.map((text, index) => (index === position ? value : text)).join(', ');
}

/** Gives one argument another value; what is returned writes all arguments as they are then. */
export function reconfigureArgument(engine: Machine, instance: Instance, name: string, value: unknown): () => string {
  const bound = boundAgain(instance, '');
  const kinds = instance.class.config;
  const config = { ...(engine.context(instance.index).config as Instance['config']), [name]: value };
  const diagnostics = new Diagnostics();
  const built = buildInstance(bound, { values: config }, inputsOf(instance), outputsOf(instance), around(instance), diagnostics);
  if (built === undefined || diagnostics.failed) throw refusal(diagnostics);
  engine.reconfigure(instance.index, config, built);
  return () => Object.entries(kinds)
    .filter(([key, kind]) => config[key] !== undefined && (kind.required || config[key] !== kind.default))
    .map(([key, kind]) => (kind.required || kind.rest ? kind.format(config[key]) : `${key.toUpperCase()} ${kind.format(config[key])}`))
    .join(', ');
}

/** What Click warns of, without what it does not know. */
function warningsOf({ list }: Diagnostics): string[] {
  return list.filter(({ severity, click }) => severity === 'warning' && click !== undefined && click.text !== '').map((warning) => warningText(plainMessage(warning)));
}

function refusal(diagnostics: Diagnostics): HandlerError {
  return new HandlerError(diagnostics.list.map(plainMessage).join('\n'));
}

/** The instance as the check had it before its arguments were read. */
function boundAgain(instance: Instance, value: string): BoundInstance {
  const source = new SourceText('config', value);
  const span = source.span(0, value.length);
  const bound: BoundInstance = {
    index: instance.index,
    expanded: {
      name: instance.name, localName: instance.name, className: instance.class.name, classSpan: span, span, anonymous: false, bare: false,
      arguments: { form: 'click', list: splitArguments(PlacedText.slice(source), 0, value.length), span, complete: true },
      scope: instance.scope instanceof NameScope ? instance.scope : new NameScope(), within: [],
    },
    element: { class: instance.class, source: { name: instance.class.name, file: instance.classFile, shownAs: instance.classFile, group: '', builtIn: true }, sha256: '' },
  };
  return bound;
}

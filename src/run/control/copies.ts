/** The handlers of an appliance on several processors: what is read of it is one answer, what is written goes to each copy. */
import type { CheckedGraph } from '../../graph/graph.js';
import type { Machine } from '../click/machine.js';
import { Router, type RouterOptions } from '../click/router.js';
import { splitWord } from '../../kit/words.js';
import { ReadsState, SummedMachine } from './summed-machine.js';

const NUMBER = /^-?\d+(\.\d+)?\n?$/;

export class Copies {
  /** Of the appliance as a whole. */
  readonly whole: Router;
  private readonly each: readonly Router[];

  constructor(graph: CheckedGraph, machines: readonly Machine[], options: RouterOptions) {
    const several = machines.length > 1;
    this.whole = new Router(graph, several ? new SummedMachine(machines) : machines[0]!, options);
    this.each = several ? machines.map((machine) => new Router(graph, machine, { ...options, handlers: [] })) : [this.whole];
  }

  /** Counters are sums. Of state, numbers are summed, too, unless they are settings, which all copies share; texts follow each other. */
  read(call: string): string {
    const { handler } = this.whole.handler(call, 'read');
    const [first] = this.each as [Router];
    if (this.each.length === 1) return first.read(call);
    if (!ofElement(call)) return this.whole.read(call);
    if (handler.calm === true || handler.alike === true) return first.read(call);
    try {
      return this.whole.read(call);
    } catch (error) {
      if (!(error instanceof ReadsState)) throw error;
    }
    if (handler.write !== undefined) return first.read(call);
    const answers = this.each.map((router) => router.read(call));
    if (answers.every((answer) => NUMBER.test(answer))) return String(answers.reduce((sum, answer) => sum + Number(answer), 0));
    return new Set(answers).size === 1 ? answers[0]! : answers.map((answer) => (answer === '' || answer.endsWith('\n') ? answer : `${answer}\n`)).join('');
  }

  write(call: string): string {
    if (!ofElement(call)) return this.whole.write(call);
    return this.each.map((router) => router.write(call))[0]!;
  }
}

/** Whether it is a handler of an element, not of the appliance. */
export function ofElement(call: string): boolean {
  return splitWord(call)[0].lastIndexOf('.') > 0;
}

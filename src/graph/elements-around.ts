/** The other elements of a graph, as one of them sees them. */
import type { ElementFacts, ElementsAround } from '../kit/build-context.js';

/** What `name` may mean to an element of that name: an element of its compound, or else of one around that. */
export function candidatesFor(name: string, from: string): string[] {
  const within = from.split('/').slice(0, -1);
  return Array.from({ length: within.length + 1 }, (_, depth) => [...within.slice(0, within.length - depth), name].join('/'));
}

/** The elements `all` of a graph with these interfaces as the one called `from` sees them. */
export function elementsAround(all: readonly ElementFacts[], interfaces: readonly string[], from: string): ElementsAround {
  return {
    named(name) {
      return candidatesFor(name, from).map((candidate) => all.find((element) => element.name === candidate)).find((element) => element !== undefined);
    },
    interfaces,
    ofClass: (className) => all.filter((element) => element.className === className),
  };
}

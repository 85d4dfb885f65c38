/** Handlers that are read when a run is over: by an element's name, by class, or by a pattern of names. */
import { HandlerError } from '../../kit/element.js';
import { splitWord } from '../../kit/words.js';
import type { ListedElement } from '../../graph/flat-configuration.js';
import type { Outlet } from './outlet.js';
import type { Router } from './router.js';

/** Prints them, each below its name if there may be several; false when one was not there. */
export function readHandlers(router: Router, handlers: readonly string[], outlet: Outlet): boolean {
  let complete = true;
  for (const wanted of handlers) {
    try {
      const { names, several } = expand(router, wanted);
      for (const name of names) if (!readOne(router, name, several || handlers.length > 1, outlet)) complete = false;
    } catch (error) {
      if (!(error instanceof HandlerError)) throw error;
      outlet.report(error.message);
      complete = false;
    }
  }
  return complete;
}

function readOne(router: Router, call: string, named: boolean, outlet: Outlet): boolean {
  const [name] = splitWord(call);
  const facts = router.facts(name);
  if (facts === 'no handler' || (typeof facts === 'object' && !facts.readable)) {
    outlet.report(facts === 'no handler' ? `no '${name}' handler` : `'${name}' is a write handler`);
    return false;
  }
  try {
    const { handler, fullName, parameter } = router.handler(call, 'read');
    const text = handler.read!(parameter);
    const value = handler.raw === true ? text : ended(text);
    outlet.print(named ? `${fullName}:\n${value}\n` : value);
    return true;
  } catch (error) {
    if (!(error instanceof HandlerError)) throw error;
    outlet.report(error.message);
    return false;
  }
}

/** A value with the newline at its end that the driver gives to those without. */
function ended(value: string): string {
  return value === '' || value.endsWith('\n') ? value : `${value}\n`;
}

/** The calls that `ELEMENT.HANDLER` stands for. */
function expand(router: Router, wanted: string): { names: string[]; several: boolean } {
  const space = wanted.search(/\s/);
  const name = space < 0 ? wanted : wanted.slice(0, space);
  const parameter = space < 0 ? '' : wanted.slice(space);
  const dot = name.indexOf('.');
  if (dot <= 0) return { names: [wanted], several: false };
  const element = name.slice(0, dot);
  const handler = name.slice(dot + 1);
  if (router.find(element) !== undefined) return { names: [wanted], several: false };
  const pattern = /[?*[]/.test(element);
  const matches = pattern ? globMatcher(element) : ({ className }: ListedElement) => className === element;
  const found = router.elements.filter(matches);
  if (found.length === 0) throw new HandlerError(pattern ? `no element matching '${element}'` : `no element '${element}'`);
  const readable = found.filter((candidate) => router.handlersOf(candidate).get(handler)?.read !== undefined);
  return { names: readable.map((candidate) => `${candidate.name}.${handler}${parameter}`), several: true };
}

/** `*` any text, `?` any character, `[a-z]` one of them. */
function globMatcher(pattern: string): (element: ListedElement) => boolean {
  const source = pattern.replace(/\[[^\]]*\]|[*?]|[^\w]/g, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    return piece.startsWith('[') && piece.length > 1 ? piece.replace(/^\[[!^]/, '[^').replace(/\\/g, '\\\\') : `\\${piece}`;
  });
  const expression = new RegExp(`^${source}$`, 's');
  return ({ name }) => expression.test(name);
}

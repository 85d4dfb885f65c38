/**
 * Reads and writes handlers at given times: `read ELEMENT.HANDLER`, `write ELEMENT.HANDLER VALUE`, `DELAY` or
 * `wait DELAY` between them, `stop`, `quit` or `loop` at the end. A Script does more.
 */
import { defineElement, parsed, rest } from 'wirelet';
import { scriptReason } from './script/definition.js';
import { readScript, waitTime } from './script/instructions.js';
import { ScriptRun } from './script/script-run.js';

/** The directive as an instruction of a script. */
function asInstruction(directive: string): string {
  const text = directive.trim();
  if (waitTime(text) !== undefined && text !== '') return `wait ${text}`;
  return text === 'quit' ? 'stop' : text;
}

export default defineElement({
  name: 'PokeHandlers',
  config: { directives: rest(parsed('directive', { doc: 'A directive.' }, (value) => ({ value }), (value: string) => value), { doc: 'The directives, in order.' }) },
  ports: {},
  build({ config, fail }) {
    const allowed = /^(read|readq|write|writeq|print|wait|stop|quit|loop)\b|^[\d.]/;
    const wrong = config.directives.filter((directive) => !allowed.test(directive.trim()));
    const { instructions, errors } = readScript(config.directives.map(asInstruction), 'end');
    const all = [...wrong.map((directive) => `syntax error at '${directive.trim().split(/\s/)[0]}'`), ...(wrong.length > 0 ? [] : errors)];
    if (all.length > 0) return fail(all.join('\n'));
    return { type: 'active' as const, signals: [], instructions };
  },
  control: { reason: scriptReason, start: (host) => new ScriptRun(host.built, host) },
});

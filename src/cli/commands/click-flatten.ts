import { DiagnosticError, Diagnostics } from '../../diagnostics.js';
import { flatten, type FlatGraph } from '../../graph/flatten.js';
import { readConfiguration } from '../../run/click/load-configuration.js';
import { clickMessages } from '../../run/click/plain-message.js';
import { loadOptions, type Call, type Command } from '../command.js';
import { writeFileSync } from 'node:fs';

/** Operands, at most. */
const POSITIONALS_MAX = 1000;
const PARAMETER = /^\$?([A-Za-z_]\w*)=([\s\S]*)$/;

/** What is listed in place of the configuration, sorted; undefined: nothing is. */
function listed(call: Call, { classes, elements }: FlatGraph): readonly string[] | undefined {
  if (call.flag('classes')) return classes;
  if (call.flag('names') || call.flag('elements')) return elements.map(({ name }) => name).sort();
  if (call.flag('declarations') || call.flag('decls')) return elements.map(({ name, className }) => `${name} :: ${className}`).sort();
  return undefined;
}

export const command: Command = {
  usage: '[FILE] [NAME=VALUE]...',
  summary: "Prints a configuration with its compounds taken apart, in Click's notation.",
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', doc: 'The configuration; standard input without one.' },
    expression: { type: 'string', short: 'e', value: 'EXPR', doc: 'The configuration itself.' },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'Write to FILE instead of standard output.' },
    classes: { type: 'boolean', short: 'c', doc: 'Print the names of the element classes instead.' },
    names: { type: 'boolean', short: 'n', doc: 'Print the names of the elements instead.' },
    elements: { type: 'boolean', doc: 'Another name of --names.' },
    declarations: { type: 'boolean', short: 'd', doc: 'Print the declarations of the elements instead, without arguments.' },
    decls: { type: 'boolean', doc: 'Another name of --declarations.' },
    config: { type: 'boolean', doc: 'Without effect: what is printed is no archive.' },
    'expand-vars': { type: 'boolean', doc: 'Without effect: variables are always expanded.' },
    clickpath: { type: 'string', short: 'C', value: 'PATH', doc: 'Folders in which required libraries are looked for, in place of CLICKPATH.' },
    set: { type: 'string', multiple: true, value: 'NAME=VALUE', doc: 'Set a parameter of the configuration.' },
  },
  positionals: [0, POSITIONALS_MAX],
  async run(call) {
    const diagnostics = new Diagnostics();
    const given = call.positionals.map((operand) => PARAMETER.exec(operand));
    const files = [call.text('file'), call.text('expression'), ...call.positionals.filter((_, index) => given[index] === null)].filter((file) => file !== undefined);
    if (files.length > 1) {
      process.stderr.write('click-flatten: router configuration specified twice\n');
      return 1;
    }
    const set = new Map([...Object.entries(loadOptions(call).set), ...given.flatMap((found): [string, string][] => (found === null ? [] : [[found[1]!, found[2]!]]))]);
    const clickpath = call.text('clickpath');
    if (clickpath !== undefined) process.env['CLICKPATH'] = clickpath;
    const expression = call.text('expression');
    const { graph } = await readConfiguration({ expression, file: expression === undefined ? files[0] : undefined }, set, diagnostics);
    const flat = graph && (await flatten(graph, set, diagnostics));
    // The tool names the place of a compound that fits none of its definitions; the driver, the end of the file.
    const placed = diagnostics.list.map((each) => (each.click === undefined || !['WL1203', 'WL1204'].includes(each.code) ? each : { ...each, click: { text: each.click.text, notes: each.click.notes, configuring: each.click.configuring } }));
    if (call.json && (flat === undefined || diagnostics.failed)) throw new DiagnosticError(diagnostics.list);
    for (const line of clickMessages(placed)) process.stderr.write(`${line}\n`);
    if (flat === undefined || diagnostics.failed) return 1;
    const text = listed(call, flat)?.map((line) => `${line}\n`).join('') ?? flat.text;
    const output = call.text('output');
    if (output === undefined || output === '-') process.stdout.write(call.json ? `${JSON.stringify({ text: flat.text, classes: flat.classes }, null, 2)}\n` : text);
    else writeFileSync(output, text);
    return 0;
  },
};

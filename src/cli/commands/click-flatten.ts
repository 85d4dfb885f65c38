import { DiagnosticError, Diagnostics } from '../../diagnostics.js';
import { flatten } from '../../graph/flatten.js';
import { readConfiguration } from '../../run/click/load-configuration.js';
import { clickMessages } from '../../run/click/plain-message.js';
import { loadOptions, type Command } from '../command.js';
import { writeFileSync } from 'node:fs';

export const command: Command = {
  usage: '[FILE]',
  summary: "Prints a configuration with its compounds taken apart, in Click's notation.",
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', doc: 'The configuration; standard input without one.' },
    expression: { type: 'string', short: 'e', value: 'EXPR', doc: 'The configuration itself.' },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'Write to FILE instead of standard output.' },
    classes: { type: 'boolean', short: 'c', doc: 'Print the names of the element classes instead.' },
    set: { type: 'string', multiple: true, value: 'NAME=VALUE', doc: 'Set a parameter of the configuration.' },
  },
  positionals: [0, 1],
  async run(call) {
    const diagnostics = new Diagnostics();
    const set = new Map(Object.entries(loadOptions(call).set));
    const { graph } = await readConfiguration({ expression: call.text('expression'), file: call.text('file') ?? call.positionals[0] }, set, diagnostics);
    const flat = graph && (await flatten(graph, set, diagnostics));
    // The tool names the place of a compound that fits none of its definitions; the driver, the end of the file.
    const placed = diagnostics.list.map((each) => (each.click === undefined || !['WL1203', 'WL1204'].includes(each.code) ? each : { ...each, click: { text: each.click.text, notes: each.click.notes, configuring: each.click.configuring } }));
    if (call.json && (flat === undefined || diagnostics.failed)) throw new DiagnosticError(diagnostics.list);
    for (const line of clickMessages(placed)) process.stderr.write(`${line}\n`);
    if (flat === undefined || diagnostics.failed) return 1;
    const text = call.flag('classes') ? flat.classes.map((name) => `${name}\n`).join('') : flat.text;
    const output = call.text('output');
    if (output === undefined || output === '-') process.stdout.write(call.json ? `${JSON.stringify({ text: flat.text, classes: flat.classes }, null, 2)}\n` : text);
    else writeFileSync(output, text);
    return 0;
  },
};

/** docs/errors.md, made from src/codes.ts, the mistakes under test/errors and test/subset, and wrong command lines. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CODES } from '#src/codes.js';
import { lower } from '#src/compile/lower.js';
import { DiagnosticError, formatDiagnostic, type Diagnostic } from '#src/diagnostics.js';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';
import { plan } from '#src/plan/plan.js';
import { fanGraph } from '../differential/graph-of.js';
import { loadElement } from '../differential/load-element.js';
import { wirelet } from '../system/command-line.js';

const HEAD = `# Errors

Every message of Wirelet begins with a code. A code never changes its meaning, so scripts and notes can rely on it.
Messages say where (file, line, column), show the line, and say what to write instead; all mistakes of a file are
told at once. With \`--json\` a message is \`{ code, severity, message, hint, file, line, column }\`.

This page has every code with its meaning; where an example can be shown in a file or a command, it is followed by
what Wirelet says to it. It is made from the mistakes that the tests make.
`;

/** Titles of the ranges of codes: from the given one to the next. */
const SECTIONS: readonly (readonly [first: string, title: string])[] = [
  ['WL1000', 'Files'],
  ['WL1010', 'YAML and JSON'],
  ['WL1020', 'The shape of a graph file'],
  ['WL1040', 'Arrows and the Click language'],
  ['WL1200', 'Parameters, compounds, interfaces'],
  ['WL1220', 'Element classes'],
  ['WL1240', 'Arguments'],
  ['WL1260', 'Ports and connections'],
  ['WL1280', 'The graph as a whole'],
  ['WL1300', 'What elements themselves say'],
  ['WL1390', 'The command line'],
  ['WL2000', 'The element language'],
  ['WL3000', 'Plan and image'],
  ['WL4000', 'Runs'],
  ['WL5000', 'The machine'],
  ['WL9000', 'Wirelet itself'],
];

/** Command lines with one mistake each. Their output is the same on every machine. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  WL1000: ['check', 'configs/fierwall.yaml'],
  WL1001: ['check', 'package.toml'],
  WL1200: ['check', 'configs/firewall.yaml', '--set', 'ofice=192.0.2.0/24'],
  WL1390: ['chekc', 'configs/wire.yaml'],
  WL1391: ['run', 'configs/wire.yaml', '--unitl-idle'],
  WL1392: ['docs'],
  WL1393: ['docs', 'Countr'],
  WL3004: ['build', 'configs/wire.yaml', '-o', 'wire.elf', '--profile', 'package.json'],
  WL3101: ['inspect', 'configs/wire.yaml'],
  WL4001: ['run', 'configs/wire.yaml', '--port', 'lan'],
  WL4002: ['run', 'configs/wire.yaml', '--port', 'wam=null'],
  WL4003: ['run', 'configs/wire.yaml', '--port', 'lan=null', '--port', 'lan=null'],
  WL4004: ['run', 'configs/wire.yaml', '--port', 'lan=pacp:in=a.pcap'],
  WL4020: ['run', 'configs/wire.yaml', '--port', 'lan=pcap:in=missing.pcap'],
  WL4024: ['run', 'configs/wire.yaml', '--port', 'lan=pcap:in=package.json'],
  WL4026: ['run', 'configs/wire.yaml', '--port', 'lan=gen:template=configs/wire.yaml'],
  WL4104: ['run', 'configs/wire.yaml', '--for', '0'],
  WL4120: ['run', 'configs/wire.yaml', '--metrics', 'everywhere'],
  WL4140: ['run', 'configs/wire.yaml', '--control', 'everywhere'],
  WL4143: ['run', 'configs/wire.yaml', '--name', '../edge'],
  WL4147: ['run', 'configs/wire.yaml', '--from-snapshot', 'package.json'],
  WL4160: ['trace', 'configs/firewall.yaml', '--from', 'outbuond'],
  WL4161: ['trace', 'configs/firewall.yaml', '--match', 'dst prot 80'],
  WL4900: ['inspect', 'missing.elf'],
};

export async function errorPage(): Promise<string> {
  const parts = [HEAD];
  for (const [index, [first, title]] of SECTIONS.entries()) {
    const next = SECTIONS[index + 1]?.[0] ?? 'WL9999';
    parts.push(`\n## ${title}\n`);
    for (const code of Object.keys(CODES).filter((one) => one >= first && one < next)) parts.push(await entry(code));
  }
  return parts.join('');
}

async function entry(code: string): Promise<string> {
  const examples = [...(await graphExamples(code)), ...(await subsetExamples(code)), ...(await commandExample(code))];
  return `\n### ${code}\n\n${CODES[code]}\n${examples.join('')}`;
}

async function graphExamples(code: string): Promise<string[]> {
  const folder = path.join(packageRoot, 'test/errors');
  const files = readdirSync(folder).filter((file) => file.startsWith(`${code}-`)).sort();
  return Promise.all(files.map(async (file) => {
    const { diagnostics } = await tryLoadGraph(path.join(folder, file));
    const text = readFileSync(path.join(folder, file), 'utf8');
    return example(path.extname(file).slice(1), text, said(diagnostics.filter((one) => one.code === code), folder));
  }));
}

async function subsetExamples(code: string): Promise<string[]> {
  const folder = path.join(packageRoot, 'test/subset');
  const examples: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    if (!text.startsWith(`// expect ${code}`)) continue;
    const element = await loadElement(file);
    const diagnostics = await lower(plan(fanGraph([{ name: 'it', class: element, file, outputs: 1 }]))).then(
      () => [],
      (error: unknown) => {
        if (error instanceof DiagnosticError) return error.diagnostics;
        throw error;
      },
    );
    // The first line says what the test expects. In the graph that uses the element nothing is wrong.
    const shown = diagnostics.map((diagnostic) => ({ ...diagnostic, related: [] }));
    examples.push(example('ts', text.replace(/^.*/, `// ${name}`), said(shown, 'test/subset')));
  }
  return examples;
}

async function commandExample(code: string): Promise<string[]> {
  const words = COMMANDS[code];
  if (words === undefined) return [];
  const { stdout, stderr } = await wirelet(words);
  const told = `${stdout}${stderr}`.replaceAll(`${packageRoot}/`, '');
  if (!told.includes(code)) throw new Error(`wirelet ${words.join(' ')} does not say ${code}:\n${told}`);
  return [example('sh', `wirelet ${words.join(' ')}\n`, told)];
}

function said(diagnostics: readonly Diagnostic[], folder: string): string {
  return diagnostics.map(formatDiagnostic).join('\n').replaceAll(`${folder}/`, '').replaceAll(`${packageRoot}/`, '');
}

/** Blocks of wrong graphs are marked as such, so that no test takes them for right ones. */
function example(language: string, text: string, message: string): string {
  return `\n\`\`\`${language} wrong\n${text.trimEnd()}\n\`\`\`\n\n\`\`\`text\n${message.trimEnd()}\n\`\`\`\n`;
}

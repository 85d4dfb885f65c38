import { DiagnosticError, formatDiagnostic } from '../../diagnostics.js';
import { build, symbolsOf } from '../../image/build.js';
import { deliver } from '../../image/cache.js';
import { loadGraph } from '../../graph/load.js';
import { profileTraffic } from '../../run/profile-traffic.js';
import { readSigningKey, signImage } from '../../image/signature.js';
import { ownClasses, typeErrors } from '../../run/own-elements.js';
import { plan } from '../../plan/plan.js';
import { notWritten } from '../file-problem.js';
import { GRAPH_OPTIONS, loadOptions, UsageError, type Command } from '../command.js';
import { bytesText, grouped, textTable } from '../text-table.js';

export const command: Command = {
  usage: 'GRAPH -o IMAGE',
  summary: 'Makes an image of a graph: a VM that boots by itself, or a shared object.',
  options: {
    ...GRAPH_OPTIONS,
    output: { type: 'string', short: 'o', value: 'IMAGE', doc: 'The file to write.' },
    target: { type: 'string', value: 'vm|native', doc: 'What the image is for; vm unless said.' },
    profile: { type: 'string', multiple: true, value: '[IFACE=]PCAP', doc: 'Lay out branches for the traffic of a capture, at an interface or the first; gcc compiles then.' },
    cpu: { type: 'string', value: 'any|native', doc: 'The processor that the image is for; native: this one and those that can all it can.' },
    sign: { type: 'string', value: 'KEY', doc: 'Sign the image with an Ed25519 private key (PEM); the signature is IMAGE.sig.' },
    report: { type: 'boolean', doc: 'Also say what the appliance consists of: limits, and each symbol of a VM image with what it is there for.' },
  },
  positionals: [1, 1],
  async run(call) {
    const output = call.text('output');
    if (output === undefined) throw new UsageError('WL1391', 'wirelet build needs the file to write', 'Write wirelet build GRAPH -o IMAGE.');
    const target = call.text('target') ?? 'vm';
    if (target !== 'vm' && target !== 'native') throw new UsageError('WL1391', `--target ${target} is neither vm nor native`);
    const processor = call.text('cpu') ?? 'any';
    if (processor !== 'any' && processor !== 'native') throw new UsageError('WL1391', `--cpu ${processor} is neither any nor native`);
    const key = call.text('sign') === undefined ? undefined : readSigningKey(call.text('sign')!);
    const begin = performance.now();
    const { checked, warnings } = await loadGraph(call.positionals[0]!, loadOptions(call));
    for (const warning of warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
    const wrong = await typeErrors(ownClasses(checked));
    if (wrong.some(({ severity }) => severity === 'error')) throw new DiagnosticError(wrong);
    const captures = call.list('profile');
    const profile = captures.length === 0 ? undefined : profileTraffic(checked, captures);
    const planned = plan(checked);
    const image = await build(planned, target, (what) => process.stderr.write(`${what} ...\n`), { profile, processor });
    let signature: string | undefined;
    try {
      deliver(image.file, output);
      if (key !== undefined) signature = signImage(output, key);
    } catch (error) {
      throw notWritten(error, output);
    }
    const { manifest } = image;
    const symbols = call.flag('report') && target === 'vm' ? await symbolsOf(planned, { profile, processor }) : undefined;
    const document = {
      image: output,
      bytes: image.bytes,
      memory_bytes: manifest.memory_bytes,
      sha256: image.sha256,
      elements: manifest.elements.map(({ name, class: type }) => ({ name, class: type })),
      ...(signature === undefined ? {} : { signature }),
      cached: image.cached,
      seconds: (performance.now() - begin) / 1000,
      ...(call.flag('report') ? { limits: manifest.limits, ...(symbols === undefined ? {} : { symbols }) } : {}),
    };
    const text = () => [
      `${output}: ${grouped(image.bytes)} bytes, ${bytesText(manifest.memory_bytes)} of memory, ${manifest.elements.length} elements${image.cached ? ' (from the cache)' : ''}`,
      ...(signature === undefined ? [] : [`${signature}: its signature`]),
      ...(call.flag('report') ? Object.entries(manifest.limits).map(([name, value]) => `  ${name} ${grouped(value)}`) : []),
      ...(symbols === undefined ? [] : ['', textTable(
        [{ title: 'symbol' }, { title: 'bytes', align: 'right' }, { title: '' }, { title: 'element' }, { title: 'it is in because of' }],
        symbols.map(({ name, bytes, kind, element, used_by }) => [name, bytes, kind, element ?? 'runtime', used_by.join(' > ') || 'an address beside it']),
      )]),
    ].join('\n');
    call.print(text, document);
    return 0;
  },
};

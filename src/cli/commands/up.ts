import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DiagnosticError, formatDiagnostic, type DiagnosticJson } from '../../diagnostics.js';
import { checkSite, type ReadySite } from '../../site/check-site.js';
import { diagnosticsOf, Rack, type BootReport } from '../../site/rack.js';
import { fromJson } from '../../site/rack-client.js';
import { RackFolder } from '../../site/rack-folder.js';
import { readSite } from '../../site/read-site.js';
import type { Command } from '../command.js';
import { startsText } from './ps.js';

/** What the background process says to who started it. */
type Word = { readonly progress: string } | { readonly started: BootReport } | { readonly failed: DiagnosticJson[] };

export const command: Command = {
  usage: 'SITE',
  summary: 'Starts all appliances of a site, wired by a switch, in the background; says how long each part of the start took.',
  options: { foreground: { type: 'boolean', doc: 'Stay until Ctrl-C or wirelet down.' } },
  positionals: [1, 1],
  async run(call) {
    const say = (text: string) => process.stderr.write(`${text}\n`);
    const file = path.resolve(call.positionals[0]!);
    const ready = await open(call.positionals[0]!, say);
    const print = (report: BootReport) => call.print(() => reportText(report), report);
    if (!call.flag('foreground')) {
      const folder = new RackFolder();
      const running = folder.running();
      if (running !== undefined) folder.take(ready.site.name, file); // says who has it
      print(await launch(file, folder, (text) => say(`${text} ...`)));
      return 0;
    }
    // Whoever started us may be gone.
    const tell = (word: Word) => {
      if (process.connected) process.send!(word, undefined, undefined, () => undefined);
    };
    stayLonger();
    const rack = new Rack(ready, new RackFolder(), (text) => {
      say(text);
      tell({ progress: text });
    });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void rack.stop());
    try {
      const report = await rack.start();
      if (process.send === undefined) print(report);
      tell({ started: report });
    } catch (error) {
      if (process.send === undefined) throw error;
      tell({ failed: diagnosticsOf(error) as DiagnosticJson[] });
    }
    if (process.connected) process.disconnect();
    await rack.finished;
    // Control channels that are about to close need not be waited for.
    process.exit(0);
  },
};

/** Where memory runs out, appliances are to be ended before what keeps and connects them (proc(5), oom_score_adj); without the right to say so we are as likely as others. */
function stayLonger(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '-500');
  } catch {
    // Appliances still say of themselves that they go first.
  }
}

async function open(file: string, say: (text: string) => void): Promise<ReadySite> {
  const { site, diagnostics } = await readSite(file);
  if (site === undefined) throw new DiagnosticError(diagnostics);
  const ready = await checkSite(site);
  for (const warning of ready.warnings) say(formatDiagnostic(warning));
  return ready;
}

/** Starts the process that keeps the site; resolves once everything runs. */
async function launch(file: string, folder: RackFolder, onProgress: (text: string) => void): Promise<BootReport> {
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  const log = openSync(path.join(folder.path, 'rack.log'), 'a', 0o600);
  const script = fileURLToPath(new URL('../../../../src/cli/wirelet.cjs', import.meta.url));
  const child = spawn(process.execPath, [script, 'up', file, '--foreground'], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  try {
    return await new Promise<BootReport>((resolve, reject) => {
      child.on('message', (word: Word) => {
        if ('progress' in word) onProgress(word.progress);
        else if ('started' in word) resolve(word.started);
        else reject(new DiagnosticError(word.failed.map(fromJson)));
      });
      child.once('error', reject);
      child.once('exit', (status, signal) => {
        const hint = `What it said is in ${path.join(folder.path, 'rack.log')}.`;
        reject(new DiagnosticError([{ code: 'WL4213', severity: 'error', message: `the site ended while it started (${signal ?? `status ${status}`})`, hint }]));
      });
    });
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function reportText({ images_ms, switch_ms, appliances_ms, appliances }: BootReport): string {
  const times = `images ${images_ms.toFixed(1)} ms, switch ${switch_ms.toFixed(1)} ms, ${appliances.length} appliances ${appliances_ms.toFixed(1)} ms`;
  return `${startsText(appliances)}\n${times}`;
}

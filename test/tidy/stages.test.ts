/** The shape of the repository: stages know only those before them, files are small and named for what they are. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { CODES } from '#src/codes.js';
import { packageRoot } from '#src/package-root.js';
import { circlesOf } from './circles.js';

/** Files directly under src that any stage may use: they know nothing of any stage. */
const GROUND = ['cache-folder', 'code-cache', 'codes', 'diagnostics', 'escape-xml', 'kept-typescript', 'modules-apart', 'native-files', 'package-root', 'shell-word', 'suggest', 'typescript', 'unavailable'];

/** Stages, each with those it may import, besides the ground. Nothing may import `cli` and `setup` but these. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  capture: [],
  graph: ['kit'],
  plan: ['graph', 'kit'],
  compile: ['plan', 'graph', 'kit'],
  image: ['compile', 'plan', 'graph', 'kit'],
  run: ['image', 'compile', 'plan', 'graph', 'kit', 'capture'],
  observe: ['run', 'compile', 'plan', 'graph', 'kit'],
  measure: ['site', 'run', 'capture', 'image', 'compile', 'plan', 'graph', 'kit'],
  deploy: ['image', 'graph', 'kit'],
  site: ['capture', 'run', 'image', 'graph', 'kit'],
  pipeline: ['image', 'plan', 'graph'],
  library: ['pipeline', 'run', 'image'],
  index: ['library', 'kit'],
  cli: ['observe', 'measure', 'deploy', 'site', 'run', 'image', 'compile', 'plan', 'graph', 'kit'],
  setup: ['cli', 'pipeline', 'run'],
};

const LINES_MAX = 450;
/** Elements that work beside the packets, and one whose handlers write files. */
const CONTROL_SIDE = /^elements\/((control|host)\/|measure\/AggregateCounter\.ts$)/;

const SHAPELESS = /^(utils?|helpers?|common|misc|manager|shared|stuff|tools?|lib)$/;
/** Formats of their own: their names are not ours. */
const TEXT = /\.(ts|mjs|c|h|cpp|S|ld|yaml|click|md|json|sh|txt)$/;

const files = listFiles();
const text = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8');
const code = files.filter((file) => /\.(ts|mjs|c|h|cpp|S)$/.test(file));

/** Files of the repository: as git knows them, or, where there is no git, as they lie in the folders. */
function listFiles(): string[] {
  if (existsSync(path.join(packageRoot, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: packageRoot, encoding: 'utf8' });
    return listed.split('\0').filter((file) => file !== '' && existsSync(path.join(packageRoot, file)));
  }
  const folders = ['bench', 'configs', 'docs', 'elements', 'native', 'src', 'test'];
  return folders.flatMap((folder) => readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8', withFileTypes: false }).map((file) => path.join(folder, file))).filter((file) => TEXT.test(file));
}

t.test('a stage imports only stages before it', (t) => {
  let count = 0;
  for (const file of files.filter((name) => /^src\/.*\.(ts|mjs)$/.test(name))) {
    const from = stageOf(file);
    for (const [, plain, dynamic] of text(file).matchAll(/(?:from|^import) '(\.[^']+)'|import\('(\.[^']+)'\)/gm)) {
      const target = path.normalize(path.join(path.dirname(file), (plain ?? dynamic)!));
      const to = stageOf(target);
      if (from === to || isTemplate(file, target)) continue;
      count += 1;
      const allowed = GROUND.includes(from) ? GROUND : [...GROUND, ...(MAY_IMPORT[from] ?? [])];
      t.ok(allowed.includes(to), `${file} imports ${target}: ${from} may know ${allowed.filter((stage) => !GROUND.includes(stage)).join(', ') || 'no stage'}`);
    }
  }
  t.ok(count > 200, `${count} imports between stages were found`);
  t.end();
});

/** `src/graph/check.ts` is of the stage `graph`, `src/pipeline.ts` of the stage `pipeline`. */
function stageOf(file: string): string {
  return file.split(path.sep)[1]!.replace(/\.(js|ts|mjs)$/, '');
}

/** Code that is written into a file of the user's is no import of ours. */
function isTemplate(file: string, target: string): boolean {
  return !target.startsWith('src') && file === 'src/cli/commands/new-element.ts';
}

/** Syntax is made of syntax: a call has expressions in it, and runs statements, in which there are calls. */
const LANGUAGE = ['calls', 'expressions', 'loops', 'statements', 'switch'].map((name) => `src/compile/${name}.ts`);

t.test('files import each other in no circle, but those of a language whose syntax is within itself', (t) => {
  const sources = files.filter((file) => /^(src|elements|bench)\/.*\.ts$/.test(file));
  t.same(circlesOf(new Map(sources.map((file) => [file, importsOf(file)]))), [LANGUAGE]);
  t.end();
});

/** The files beside it of which a file takes more than types. */
function importsOf(file: string): string[] {
  const imports = [...text(file).matchAll(/^(?:import|export) (?!type )([^;'"]*?)from '(\.[^']+)'/gm)];
  const more = imports.filter(([, names]) => !names!.startsWith('{') || names!.replace(/[{}]/g, '').split(',').some((name) => name.trim() !== '' && !name.trim().startsWith('type ')));
  return more.map(([, , place]) => path.normalize(path.join(path.dirname(file), place!)).replace(/\.js$/, '.ts'));
}

/** All that a file says that gives an element another name. */
const OTHER_NAME = /^export \{ default \} from '\.\/[A-Z]\w*\.js';$/m;

t.test('elements use the public interface only', (t) => {
  const elements = files.filter((file) => /^elements\/.*\.ts$/.test(file));
  for (const file of elements.filter((each) => !OTHER_NAME.test(text(each)))) {
    for (const [, target] of text(file).matchAll(/^(?:(?:import|export) [^;']*\bfrom |import )'([^']+)';/gm)) t.ok(target === 'wirelet' || /^\.\.?\/[a-z]/.test(target!) || (CONTROL_SIDE.test(file) && target!.startsWith('node:')), `${file} imports ${target}`);
  }
  t.ok(elements.length >= 40, `${elements.length} elements were found`);
  t.end();
});

t.test('files are short enough to be read', (t) => {
  for (const file of code) {
    const lines = text(file).split('\n');
    t.ok(lines.length - 1 <= LINES_MAX, `${file} has ${lines.length - 1} lines, at most ${LINES_MAX}: part it by its nouns`);
  }
  t.end();
});

t.test('files and folders are named for what they are', (t) => {
  for (const file of files) {
    for (const part of file.split('/')) t.notMatch(part.replace(/\..*$/, '').replace(/^wl_/, ''), SHAPELESS, file);
    const base = path.basename(file);
    if (/^elements\/.*\.ts$/.test(file)) t.match(base, /^[A-Z]\w*\.ts$|^[a-z][a-z\d]*(-[a-z\d]+)*\.ts$/, `${file} is named as its element, or in kebab-case`);
    else if (/^(src|bench)\/.*\.ts$/.test(file)) t.match(base, /^[a-z][a-z\d]*(-[a-z\d]+)*\.ts$/, `${file} is in kebab-case`);
    else if (/^native\/.*\.(c|h|cpp)$/.test(file) && !['memory.c', 'wirelet_abi.h', 'wirelet_native.h'].includes(base)) t.match(base, /^wl_[a-z\d_]+\.\w+$/, `${file} begins with wl_`);
  }
  t.end();
});

t.test('nothing is left undone or machine-bound', (t) => {
  const undone = new RegExp(String.raw`\b(${['TO', 'FIX', 'X'].map((word, index) => word + ['DO', 'ME', 'XX'][index]).join('|')})\b`);
  for (const file of files.filter((name) => TEXT.test(name) && name !== 'package-lock.json')) {
    const content = text(file);
    const at = content.split('\n').findIndex((line) => undone.test(line));
    t.ok(at < 0, `${file}:${at + 1} says that something is left to do`);
    t.notMatch(content, /\/(?:home|root|Users)\/\w/, `${file} names no folder of somebody's machine`);
    t.notOk(content.includes(`${packageRoot}/`), `${file} does not say where this clone lies`);
  }
  t.end();
});

t.test('every code that is given is listed', (t) => {
  const given = new Set(code.filter((file) => /^(src|native|elements)\//.test(file)).flatMap((file) => text(file).match(/\bWL[1-9]\d{3}\b/g) ?? []));
  for (const one of given) t.ok(Object.hasOwn(CODES, one), `${one} is in src/codes.ts`);
  t.ok(given.size > 100, `${given.size} codes were found`);
  t.end();
});

t.test('every listed code is given somewhere', (t) => {
  const sources = code.filter((file) => /^(src|native|elements)\//.test(file) && file !== 'src/codes.ts').map(text).join('\n');
  for (const one of Object.keys(CODES)) t.ok(sources.includes(one), one);
  t.end();
});

/** Images say what they are made of, are the same wherever and whenever they are made, and are not mistaken for others. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, deflateRawSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { Elf } from '#src/image/elf.js';
import { MANIFEST_SECTION, unpackManifest } from '#src/image/manifest.js';
import { packageRoot } from '#src/package-root.js';
import { wirelet } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-image-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);
const isThere = (command: string) => spawnSync(command, ['--version']).status === 0;

/** Builds a copy of an appliance in a place of its own, with a cache of its own, empty or not. */
async function builtIn(place: string, config: string, compiler: string): Promise<Buffer> {
  const where = at(place);
  mkdirSync(where, { recursive: true });
  for (const each of [`${config}.yaml`, 'zones']) cpSync(path.join(packageRoot, 'configs', each), path.join(where, each), { recursive: true });
  utimesSync(path.join(where, `${config}.yaml`), 1e9, place.length * 1e8);
  const env = { XDG_CACHE_HOME: path.join(where, 'cache'), WIRELET_CC: compiler, TZ: place.length % 2 === 0 ? 'Asia/Tokyo' : 'America/Lima' };
  const { status, stderr } = await wirelet(['build', path.join(where, `${config}.yaml`), '-o', path.join(where, 'image')], { cwd: where, env });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(path.join(where, 'image'));
}

for (const [compiler, config] of [['clang', 'dns-server'], ['gcc', 'firewall']] as const) {
  await t.test(`${config} made by ${compiler} is the same, bit for bit, in any folder, at any time, from any cache`, { skip: isThere(compiler) ? false : `${compiler} is not installed` }, async (t) => {
    const first = await builtIn(`${config}/a`, config, compiler);
    const other = await builtIn(`${config}/a/much/deeper/folder`, config, compiler);
    t.ok(other.equals(first), 'in another folder, with an empty cache, in another time zone');
    t.ok((await builtIn(`${config}/a`, config, compiler)).equals(first), 'from the cache');
    t.notOk(first.includes(folder), 'and names no folder of this machine');
  });
}

const image = at('image.elf');

/** What CycloneDX 1.5 asks of a bill of materials, as far as one of these has it (https://cyclonedx.org/docs/1.5/json/). */
function checkBill(t: Test, bill: any): void {
  t.equal(bill.bomFormat, 'CycloneDX');
  t.equal(bill.specVersion, '1.5');
  t.ok(Number.isInteger(bill.version) && bill.version >= 1, 'version is an integer from 1 on');
  const known = ['bomFormat', 'specVersion', 'version', 'metadata', 'components', 'dependencies'];
  t.same(Object.keys(bill).filter((key) => !known.includes(key)), [], 'no fields that the standard does not have');
  const types = ['application', 'framework', 'library', 'container', 'platform', 'operating-system', 'device', 'device-driver', 'firmware', 'file', 'machine-learning-model', 'data'];
  const all = [bill.metadata.component, ...bill.metadata.tools.components, ...bill.components];
  for (const component of all) {
    t.ok(types.includes(component.type) && typeof component.name === 'string' && component.name !== '', JSON.stringify(component));
    t.same(Object.keys(component).filter((key) => !['type', 'name', 'version', 'bom-ref', 'purl', 'hashes'].includes(key)), []);
    for (const { alg, content } of component.hashes ?? []) t.ok(alg === 'SHA-256' && /^[0-9a-f]{64}$/.test(content), `a hash of ${component.name}`);
  }
  const refs = all.map((component) => component['bom-ref']).filter((ref) => ref !== undefined);
  t.equal(new Set(refs).size, refs.length, 'every bom-ref is there once');
  for (const { ref, dependsOn } of bill.dependencies) t.ok([ref, ...dependsOn].every((each: string) => refs.includes(each)), `what ${ref} depends on is there`);
}

await t.test('inspect says what an image is made of', async (t) => {
  const built = JSON.parse((await wirelet(['build', 'configs/firewall.yaml', '-o', image, '--json'])).stdout);
  const manifest = JSON.parse((await wirelet(['inspect', image, '--json'])).stdout);
  t.match(manifest, { name: 'firewall', version: String, graph_sha256: /^[0-9a-f]{64}$/, memory_bytes: built.memory_bytes });
  t.ok(Object.values(manifest.limits).every((limit) => Number.isInteger(limit)) && manifest.limits.packets > 0, JSON.stringify(manifest.limits));
  t.equal(manifest.elements.length, built.elements.length);
  const classes = [...new Set<string>(manifest.elements.map((element: { class: string }) => element.class))].sort();
  t.same(manifest.sbom.components.filter(({ type }: { type: string }) => type === 'file').map(({ name }: { name: string }) => name), classes, 'each class is a component');
  checkBill(t, manifest.sbom);
  const { stdout } = await wirelet(['inspect', image]);
  for (const word of ['firewall', manifest.graph_sha256, 'memory', 'limits', 'IPFilter', '02:00:00:00:fe:01']) t.match(stdout, word);
});

await t.test('the report of a build lists every symbol, and why it is in', async (t) => {
  const { status, stdout } = await wirelet(['build', 'configs/firewall.yaml', '-o', at('report.elf'), '--report', '--json']);
  t.equal(status, 0);
  const { symbols } = JSON.parse(stdout) as { symbols: { name: string; bytes: number; kind: string; element: string | null; used_by: string[] }[] };
  t.ok(symbols.length > 20, `${symbols.length} symbols`);
  // Where the processor begins nobody refers to; what lies beside a symbol that is referred to is reached from there.
  const without = symbols.filter(({ used_by }) => used_by.length === 0);
  t.ok(without.length * 10 < symbols.length, `without a reason: ${without.map(({ name }) => name).join(', ')}`);
  t.ok(symbols.every(({ used_by, bytes, kind }) => used_by.every((name) => name === 'wl_entry' || symbols.some((symbol) => symbol.name === name) || name.length > 0) && bytes > 0 && ['code', 'constants', 'memory'].includes(kind)));
  const elements = JSON.parse((await wirelet(['inspect', at('report.elf'), '--json'])).stdout).elements.map(({ name }: { name: string }) => name);
  t.same(symbols.filter(({ element }) => element !== null && !elements.includes(element)), [], 'each belongs to an element of the graph, or to none');
});

/** The image with another manifest in place of its own. */
function withManifest(content: Buffer): Buffer {
  const bytes = Buffer.from(readFileSync(image));
  const section = new Elf(bytes).section(MANIFEST_SECTION)!;
  const table = Number(bytes.readBigUInt64LE(0x28));
  for (let entry = table; entry + 64 <= bytes.length; entry += 64) {
    if (Number(bytes.readBigUInt64LE(entry + 24)) !== section.offset) continue;
    // Behind everything else there is room for any length.
    bytes.writeBigUInt64LE(BigInt(bytes.length), entry + 24);
    bytes.writeBigUInt64LE(BigInt(content.length), entry + 32);
    return Buffer.concat([bytes, content]);
  }
  throw new Error('the manifest has no section');
}

await t.test('what is no image, or is damaged, or of another version, is called so', async (t) => {
  const manifest = unpackManifest(new Elf(readFileSync(image)).content(new Elf(readFileSync(image)).section(MANIFEST_SECTION)!));
  const text = (changes: object) => Buffer.from(JSON.stringify({ ...manifest, ...changes }));
  const whole = readFileSync(image);
  const cases: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
    'another program': [readFileSync('/bin/true'), /is not an image of Wirelet: it has no manifest/],
    'no program': [Buffer.from('graph: a -> b\n'.repeat(100)), /is not an image of Wirelet/],
    'nothing': [Buffer.alloc(0), /is not an image of Wirelet/],
    'half of it': [whole.subarray(0, whole.length >> 1), /is not an image of Wirelet/],
    'a manifest of other bytes': [withManifest(Buffer.alloc(300, 0x5a)), /its manifest is damaged/],
    'a manifest that says nothing': [withManifest(brotliCompressSync('null')), /its manifest is damaged/],
    'a manifest without fields': [withManifest(brotliCompressSync('{"form":2,"name":"x"}')), /its manifest is damaged/],
    'a manifest with other fields': [withManifest(brotliCompressSync(text({ limits: 'none' }))), /its manifest is damaged/],
    'elements without names': [withManifest(brotliCompressSync(text({ elements: [{ class: 1 }] }))), /its manifest is damaged/],
    'an image of an older version': [withManifest(deflateRawSync(text({ form: undefined }))), /is an image of another version: an older version of Wirelet made it[\s\S]*Build it again/],
    'an image of a form before': [withManifest(brotliCompressSync(text({ form: undefined }))), /is an image of another version: an older version/],
    'an image of a newer version': [withManifest(brotliCompressSync(text({ form: 99 }))), /is an image of another version: a newer version/],
  };
  for (const [name, [bytes, said]] of Object.entries(cases)) {
    writeFileSync(at('case.elf'), bytes);
    for (const command of [['inspect', at('case.elf')], ['inspect', at('case.elf'), '--json']]) {
      const { status, stdout, stderr } = await wirelet(command);
      t.equal(status, 1, name);
      t.match(stdout + stderr, said, name);
      t.match(stdout + stderr, /WL3101/, name);
      t.notMatch(stdout + stderr, /^\s+at .*\.js/m, `${name}: no stack`);
    }
  }
  writeFileSync(at('same.elf'), withManifest(brotliCompressSync(text({}))));
  t.equal((await wirelet(['inspect', at('same.elf')])).status, 0, 'the same manifest in another place is one');
});

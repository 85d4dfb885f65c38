/** A site that no image can hold is refused with its size, before it is read. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { tryLoadGraph } from '#src/graph/load.js';
import { packageRoot } from '#src/package-root.js';

t.test('a folder of more than 64 MiB is refused', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wirelet-large-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'film.mp4');
  writeFileSync(file, '');
  // A hole: it takes no room on the disk.
  truncateSync(file, 65 * 2 ** 20);
  const { diagnostics, checked } = await tryLoadGraph(path.join(packageRoot, 'configs/web-server.yaml'), { set: { root: folder } });
  t.equal(checked, undefined);
  t.match(diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n'), /^WL1310 the folder ".*" is too large: 68157440 bytes of at most 67108864$/);
});

import { existsSync } from 'node:fs';
import { failure } from '../../diagnostics.js';
import { loadGraph } from '../../graph/load.js';
import { readListenAddress } from '../../observe/listen-address.js';
import { FileSubject } from '../../observe/studio/file-subject.js';
import { LiveSubject } from '../../observe/studio/live-subject.js';
import type { Subject } from '../../observe/studio/subject.js';
import { StudioServer, type Subjects } from '../../observe/studio/studio-server.js';
import { findRegistered, registered } from '../../run/control/run-folder.js';
import { GRAPH_OPTIONS, loadOptions, type Call, type Command } from '../command.js';
import { namesGraph } from '../names-graph.js';
import { stopSignal } from '../stop-signal.js';

export const command: Command = {
  usage: '[GRAPH|VM]',
  summary: 'Shows a graph, or a running appliance with its figures and handlers, in a browser; without one, what runs.',
  options: {
    ...GRAPH_OPTIONS,
    listen: { type: 'string', value: 'ADDR:PORT', doc: 'Where; 127.0.0.1 and a free port unless said. Whoever has the address that is printed controls the appliance.' },
  },
  positionals: [0, 1],
  async run(call) {
    const [name] = call.positionals;
    const address = readListenAddress(call.text('listen') ?? '127.0.0.1:0', '--listen');
    // One with mistakes is shown with them; one that is not there is most likely another.
    if (name !== undefined && namesGraph(name) && !existsSync(name)) await loadGraph(name, loadOptions(call));
    const studio = await StudioServer.open(address, subjectsOf(call, name));
    const stopper = stopSignal(0);
    call.print(`${studio.url}\nOpen this address in a browser. Ctrl-C ends the studio, not what it shows.`, { url: studio.url });
    await new Promise<void>((resolve) => stopper.signal.addEventListener('abort', () => resolve(), { once: true }));
    studio.close();
    stopper.close();
    return 0;
  },
};

function subjectsOf(call: Call, name: string | undefined): Subjects {
  const { elementFolders } = loadOptions(call);
  if (name === undefined) return running(elementFolders);
  return only(namesGraph(name) ? new FileSubject(name, loadOptions(call)) : new LiveSubject(findRegistered(name).name, elementFolders));
}

function only(subject: Subject): Subjects {
  return {
    names: () => [subject.name],
    find(name) {
      if (name === subject.name) return subject;
      throw failure('WL4144', `this studio shows ${subject.name}, not "${name}"`);
    },
  };
}

/** All that have a name and run, whenever they do. */
function running(elementFolders: readonly string[]): Subjects {
  const known = new Map<string, LiveSubject>();
  return {
    names: () => registered().map(({ name }) => name),
    find(name) {
      const { name: found } = findRegistered(name);
      if (!known.has(found)) known.set(found, new LiveSubject(found, elementFolders));
      return known.get(found)!;
    },
  };
}

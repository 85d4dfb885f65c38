/** What a control element sees of the router it works in. */
import { readWhole } from '../../capture/file-reader.js';
import { plainSize } from '../../capture/open-uncompressed.js';
import { openCapture } from '../../capture/read.js';
import type { Instance } from '../../graph/graph.js';
import { EMPTY_SCOPE } from '../../kit/argument-scope.js';
import type { ControlHost } from '../../kit/control.js';
import { HandlerError } from '../../kit/element.js';
import { SeededRandom } from '../../kit/random.js';
import { drop, outputVerdict } from '../../kit/verdict.js';
import type { ListedElement } from '../../graph/flat-configuration.js';
import { RawSocketPort } from '../node/raw-socket.js';
import { DevicePort } from '../node/real-ports.js';
import type { Router } from './router.js';

export interface ControlTimer {
  /** Microseconds since 1970; undefined: off. */
  due: number | undefined;
  readonly fire: () => void;
}

export function controlHost(router: Router, element: ListedElement, instance: Instance, timer: ControlTimer): ControlHost {
  const random = new SeededRandom(router.options.seed, instance.index);
  return {
    name: element.name,
    className: element.className,
    landmark: `${element.file}:${element.line}`,
    get config() {
      return router.engine.context(instance.index).config;
    },
    get built() {
      return router.engine.context(instance.index).built;
    },
    scope: instance.scope ?? EMPTY_SCOPE,
    inputs: { length: instance.inputs.length },
    outputs: { length: instance.outputs.length },
    get microseconds() {
      return router.engine.microseconds;
    },
    read: (call) => router.read(call, element),
    write: (call) => router.write(call, element),
    writeTold: (call) => router.writeTold(call, element),
    writeLater: (call) => router.writeLater(call, element),
    standStill: (until) => router.standStill(until),
    find(call, way) {
      try {
        return router.handler(call, way, element).fullName;
      } catch (error) {
        if (error instanceof HandlerError) return undefined;
        throw error;
      }
    },
    handler: (name) => router.facts(name, element),
    elements: () => router.elements.map(({ name }) => name),
    print: router.options.print,
    message: router.options.report,
    note: (text) => router.note(text),
    error: (message) => router.error(message),
    within: (context, action) => router.within(context, action),
    setTimer(microseconds) {
      timer.due = microseconds;
      router.wake();
    },
    adjustRunCount: (amount) => router.adjustRunCount(amount),
    becomeDriver() {
      if (router.driverScript !== undefined) return false;
      router.driverScript = element.name;
      return true;
    },
    onSignal(signal, fire) {
      const callOff = router.options.signals?.await(signal, () => {
        const handled = fire();
        router.wake();
        return handled;
      });
      if (callOff !== undefined) router.atEnd(callOff);
    },
    verdict: (output) => (output !== undefined && output < instance.outputs.length ? outputVerdict(output) : drop('no_output')),
    random: () => random.u32(),
    emit: (output, packet) => router.engine.emit(instance.index, output, packet),
    onMessage: (listener, channel = '', options = { loud: false }) => router.options.listen?.(listener, channel, options),
    openRaw: (protocol, port) => new RawSocketPort(protocol, port),
    openTap: (device) => new DevicePort({ kind: 'tap', device }),
    openCapture: (file) => openCapture(file, true),
    readFile: readWhole,
    fileSize: plainSize,
    pulled: (output) => instance.outputs[output]?.processing === 'pull',
    pull: (input) => router.engine.pull(instance.index, input),
    wake: () => router.wake(),
    offered: router.options.before?.offerTo(element),
  };
}

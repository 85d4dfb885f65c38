/** Ends the run once the tasks of all elements that it names have nothing to do any more, by their handler `scheduled`. It looks twenty times a second. */
import { defineElement, rest, text, type ControlHost, type ControlPart } from 'wirelet';

const INTERVAL_US = 50_000;

function watch(host: ControlHost<{ readonly elements: readonly string[] }>): ControlPart {
  const names = host.config.elements;
  return {
    begin() {
      const wrong = names.filter((name) => host.find(`${name}.scheduled`, 'read') === undefined);
      if (wrong.length > 0) return wrong.map((name) => `element '${name}' has no 'scheduled' read handler`).join('\n');
      host.setTimer(host.microseconds + INTERVAL_US);
      return undefined;
    },
    timer() {
      if (names.some((name) => host.read(`${name}.scheduled`).trim() === 'true')) host.setTimer(host.microseconds + INTERVAL_US);
      else host.adjustRunCount(-1);
    },
  };
}

export default defineElement({
  name: 'QuitWatcher',
  config: { elements: rest(text({ doc: 'An element with a task.' }), { min: 1, max: 1024 }) },
  ports: {},
  control: { reason: 'ends the run of a driver', start: watch },
});

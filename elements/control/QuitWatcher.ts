/** Ends the run once the task of any of the elements that it names has nothing to do any more, by their handler `scheduled`. It looks a hundred times a second. */
import { defineElement, HandlerError, rest, text, type ControlHost, type ControlPart } from 'wirelet';

const INTERVAL_US = 10_000;

function watch(host: ControlHost<{ readonly elements: readonly string[] }>): ControlPart {
  const names = host.config.elements;
  const scheduled = (name: string) => host.read(`${name}.scheduled`).startsWith('t');
  return {
    begin() {
      const wrong: string[] = [];
      for (const name of names) {
        try {
          scheduled(name);
        } catch (error) {
          if (!(error instanceof HandlerError)) throw error;
          wrong.push(error.message);
        }
      }
      if (wrong.length > 0) return wrong.join('\n  ');
      host.setTimer(host.microseconds + INTERVAL_US);
      return undefined;
    },
    timer() {
      if (names.every(scheduled)) host.setTimer(host.microseconds + INTERVAL_US);
      else host.adjustRunCount(-1);
    },
  };
}

export default defineElement({
  name: 'QuitWatcher',
  config: { elements: rest(text({ doc: 'An element with a task.' }), { min: 0, max: 1024 }) },
  ports: {},
  control: { reason: 'ends the run of a driver', start: watch },
});

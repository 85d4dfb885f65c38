/**
 * Answers to the handlers of another element in its own name: `proxy.count` is `ELEMENT.count`. What is written after the other element's name and a dot in a
 * handler's name works, too.
 */
import { bool, defineElement, text, type ControlHost, type ControlPart } from 'wirelet';

function proxy(host: ControlHost<{ readonly element: string }>): ControlPart {
  const place = (name: string) => (name.includes('.') ? name : `${host.config.element}.${name}`);
  return {
    anyHandler(name) {
      const readable = host.find(place(name), 'read') !== undefined;
      const writable = host.find(place(name), 'write') !== undefined;
      if (!readable && !writable) return undefined;
      return {
        parameter: true,
        ...(readable && { read: (parameter: string) => host.read(`${place(name)} ${parameter}`.trimEnd()) }),
        ...(writable && { write: (value: string) => host.write(`${place(name)} ${value}`) }),
      };
    },
    begin: () => (host.elements().includes(host.config.element) ? undefined : `no element named '${host.config.element}'`),
  };
}

export default defineElement({
  name: 'HandlerProxy',
  config: {
    element: text({ doc: 'The element whose handlers it has.' }),
    verbose: bool({ default: true, keyword: true, doc: 'Accepted for compatibility.' }),
  },
  ports: {},
  control: { reason: 'passes on handlers of the driver', start: proxy },
});

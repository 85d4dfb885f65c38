/** Prints a message when the configuration is installed: as a message, a warning, or an error, which refuses it. */
import { defineElement, string, text } from 'wirelet';

const TYPES = ['MESSAGE', 'WARNING', 'ERROR'];

export default defineElement({
  name: 'Message',
  config: {
    message: string({ doc: 'What is printed.' }),
    type: text({ default: 'MESSAGE', doc: 'What kind of message it is: MESSAGE, WARNING or ERROR.' }),
  },
  ports: {},
  build({ config, fail }) {
    if (!TYPES.includes(config.type)) return fail(`a message of type "${config.type}" is none of ${TYPES.join(', ')}`, undefined, 'unrecognized message type');
    if (config.type === 'ERROR') return fail(config.message);
    return undefined;
  },
  control: {
    reason: 'prints when a configuration is installed by its driver',
    start: ({ config, className, landmark, name, note, within }) => ({
      begin() {
        within(`${landmark}: While configuring '${name} :: ${className}':`, () => note(config.type === 'WARNING' ? `warning: ${config.message}` : config.message));
        return undefined;
      },
    }),
  },
});

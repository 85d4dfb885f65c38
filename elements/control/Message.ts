/** Prints a message when the configuration is installed: as a message, a warning, or an error, which refuses it. */
import { defineElement, oneOf, text } from 'wirelet';

export default defineElement({
  name: 'Message',
  config: {
    message: text({ doc: 'What is printed.' }),
    type: oneOf(['MESSAGE', 'WARNING', 'ERROR'], { default: 'MESSAGE', doc: 'What kind of message it is.' }),
  },
  ports: {},
  control: {
    reason: 'prints when a configuration is installed by its driver',
    start({ config, message }) {
      return {
        begin() {
          if (config.type === 'ERROR') return config.message;
          message(config.type === 'WARNING' ? `warning: ${config.message}` : config.message);
          return undefined;
        },
      };
    },
  },
});

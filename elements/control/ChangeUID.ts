/** Gives up the rights that a program with the set-user-ID bit was started with, once the devices before it in the configuration are open. */
import { defineElement, systemMessage } from 'wirelet';

export default defineElement({
  name: 'ChangeUID',
  ports: {},
  control: {
    reason: 'changes the user of the process',
    start: () => ({
      begin() {
        try {
          process.setgid!(process.getgid!());
          process.setuid!(process.getuid!());
          return undefined;
        } catch (error) {
          return `could not drop privilege: ${systemMessage(error as NodeJS.ErrnoException)}`;
        }
      },
    }),
  },
});

export interface StopSignal {
  readonly signal: AbortSignal;
  /** Ends it now. */
  stop(): void;
  /** Listens no more. */
  close(): void;
}

/** Ends what goes on until Ctrl-C, or until some seconds are over. */
export function stopSignal(seconds: number): StopSignal {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = seconds > 0 ? setTimeout(stop, seconds * 1000) : undefined;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  return {
    signal: controller.signal,
    stop,
    close() {
      clearTimeout(timer);
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
    },
  };
}

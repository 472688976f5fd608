// Host names to numeric addresses, behind an interface: tests answer from a table, and where there is a proxy
// look-ups must go through it.

export interface Resolver {
  /** Numeric addresses, the preferred first; empty where there is none. Never rejects. */
  resolve(host: string): Promise<readonly string[]>;
}

/** Empty also where the answer takes longer than that, or nobody wants it any more: a look-up itself cannot be ended. */
export function resolveWithin(
  resolver: Resolver,
  host: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const end = (hosts: readonly string[]): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(hosts);
    };
    const giveUp = (): void => end([]);
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    else void resolver.resolve(host).then(end);
  });
}

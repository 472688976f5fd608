// Host names to numeric addresses, behind an interface: tests answer from a table, and where there is a proxy
// look-ups must go through it.

export interface Resolver {
  /** Numeric addresses, the preferred first; empty where there is none. Never rejects. */
  resolve(host: string): Promise<readonly string[]>;
}

/** The system's own look-up, /etc/hosts included. Loaded when first used: most answers name no hosts. */
export const systemResolver: Resolver = {
  async resolve(host) {
    const { lookup } = await import('node:dns/promises');
    try {
      const found = await lookup(host, { all: true });
      return found.map(({ address }) => address);
    } catch {
      return [];
    }
  },
};

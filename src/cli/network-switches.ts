// What `--only-peers` means, in one place: every way in which strangers are found, or find us, is off. What the user names himself, by
// `--peer` or in a link (`x.pe`), stays.

/** The options of commander that a way of finding peers hangs on: a new one is one more line. */
const FINDING = {
  trackers: false,
  pex: false,
  dht: false,
  lsd: false,
  listen: false,
} as const;

/** The options as they are meant. */
export function applyOnlyPeers<T extends { readonly onlyPeers?: boolean }>(options: T): T {
  return options.onlyPeers === true ? { ...options, ...FINDING } : options;
}

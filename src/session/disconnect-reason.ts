// Why a connection ended or never began: a closed set, for notices, statistics and the line that explains a stall.
// Some of them also decide when an address is dialled again (departure.ts, peer-book.ts).

export type DisconnectReason =
  // never became a peer
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'proxy-denied'
  | 'proxy-failed'
  | 'handshake-timeout'
  | 'closed-in-handshake'
  | 'malformed-handshake'
  | 'unencrypted'
  | 'info-hash-mismatch'
  | 'peer-id-mismatch'
  | 'self-connection'
  | 'duplicate-peer'
  | 'banned'
  | 'too-many-peers'
  | 'out-of-descriptors'
  // was a peer
  | 'closed-by-peer'
  | 'connection-error'
  | 'send-failure'
  | 'protocol-error'
  | 'flooding'
  | 'bad-data'
  | 'inactive'
  | 'both-seeds'
  | 'both-upload-only'
  | 'useless'
  | 'outranked'
  | 'unregistered'
  | 'stopping';

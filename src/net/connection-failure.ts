// Why a link could not be made or a peer connection ended, in the words of `session/disconnect-reason.ts` (whose
// members these all are: `net` knows no session), and the map from the system's error names to them.

/** How a dial fails. */
export type LinkFailure =
  | 'refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'proxy-denied'
  | 'proxy-failed'
  | 'out-of-descriptors'
  | 'connection-error'
  | 'stopping';

/** How a connection ends by itself. Its owner closes with reasons of its own beside these. */
export type ConnectionFailure =
  | LinkFailure
  | 'handshake-timeout'
  | 'closed-in-handshake'
  | 'malformed-handshake'
  | 'unencrypted'
  | 'info-hash-mismatch'
  | 'peer-id-mismatch'
  | 'closed-by-peer'
  | 'send-failure'
  | 'protocol-error';

/** What became of a system error, or of a proxy's (`src/io/proxy/proxy-error.ts`), while connecting. */
export function linkFailure(error: NodeJS.ErrnoException): LinkFailure {
  switch (error.code) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'target_refused':
      return 'refused';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'EACCES':
    case 'EPERM':
    case 'target_unreachable':
      return 'unreachable';
    case 'ETIMEDOUT':
    case 'target_timeout':
      return 'connect-timeout';
    case 'proxy_denied':
    case 'proxy_unsupported':
      return 'proxy-denied';
    case 'proxy_unreachable':
    case 'proxy_login':
    case 'proxy_protocol':
      return 'proxy-failed';
    case 'EMFILE':
    case 'ENFILE':
      return 'out-of-descriptors';
    default:
      return 'connection-error';
  }
}

/** Why an open connection ended. `error` null: the remote closed it in order. */
export function closeFailure(error: NodeJS.ErrnoException | null, isHandshaken: boolean): ConnectionFailure {
  if (!isHandshaken) return 'closed-in-handshake';
  if (error === null) return 'closed-by-peer';
  return error.syscall === 'write' || error.code === 'EPIPE' ? 'send-failure' : 'connection-error';
}

// Why something did not come about through a proxy: the proxy itself is at fault (`proxy_…`), or it says that the target is
// (`target_…`). Messages are printable, without secrets, and say what can be done.

import { EffusionError } from '../../model/error.js';

export type ProxyErrorCode =
  /** No connection to the proxy, or it hung up or fell silent before it said yes. */
  | 'proxy_unreachable'
  /** It wants a login, another one, or none of the ways that we know. */
  | 'proxy_login'
  /** What answers there is no such proxy. */
  | 'proxy_protocol'
  /** Its rules forbid the target. */
  | 'proxy_denied'
  /** It does not do what it is asked for, such as carrying datagrams. */
  | 'proxy_unsupported'
  | 'target_refused'
  | 'target_unreachable'
  | 'target_timeout';

/** `proxy`: without its login. */
export class ProxyError extends EffusionError<{ proxy: string }> {
  readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, message: string, proxy: string, options?: { cause?: unknown }) {
    super(message, { proxy }, options);
    this.code = code;
  }
}

/** What keeps everything else from going through it too. */
export function isProxyFault({ code }: ProxyError): boolean {
  return code === 'proxy_unreachable' || code === 'proxy_login' || code === 'proxy_protocol';
}

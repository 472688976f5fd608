// What to do about an error whose message says what failed and why, and no more: the last part of `effusion: error: WHAT: WHY. WHAT TO DO.
// (exit N)`. Every cause that has an exit code has a sentence here, so that no line ends without one (a test goes through them).

import { EffusionError } from '../model/error.js';

/** Whole sentences by `code`. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['usage_error', 'See effusion --help.'],
  ['bad_placement', 'Nothing was written. Choose otherwise with --name, --strip-components, --rename or --files.'],
  ['torrent_unreadable', 'Check the path or the URL.'],
  ['torrent_unreachable', 'Check the URL, and try again later.'],
  ['invalid_metainfo', 'Get it again from where it came from.'],
  ['invalid_blocklist', 'Name another file with --blocklist, or leave it out.'],
  ['no_metadata', 'Try again later, name a peer with --peer HOST:PORT, or wait longer with --metadata-timeout.'],
  ['no_peers', 'Try again later, name a peer with --peer HOST:PORT, or wait longer with --no-peers-timeout 0.'],
  ['network_failed', 'Try again later; effusion doctor looks for the reason.'],
  ['interface_gone', 'Name another with --interface, or run the same command again when it is there: what is verified is kept.'],
  ['proxy_unreachable', 'Check --proxy and that the proxy runs: nothing was sent around it.'],
  ['proxy_login', 'Check user and password in --proxy: nothing was sent around it.'],
  ['proxy_protocol', 'Check the scheme and the port of --proxy: nothing was sent around it.'],
  ['proxy_denied', 'Ask whoever runs the proxy, or use another one.'],
  ['proxy_unsupported', 'Use another proxy.'],
  ['stalled', 'Run the same command again: it goes on where it stopped. Wait longer with --stall-timeout 0.'],
  ['port_taken', 'Choose another port with --port, or leave it out for a free one.'],
  ['storage_failed', 'Check the path and the disk, and run it again.'],
  ['output_failed', 'Check where it goes to, and run it again.'],
  ['name_taken', 'Choose another folder with --output.'],
  ['sources_exhausted', 'What is verified is kept. Run it again when there are other peers.'],
  ['data_incomplete', 'Run effusion download with the same torrent and folder: it fetches what is missing.'],
  ['checksum_mismatch', 'Find out which is right before you use the data.'],
  ['hook_failed', 'The data is whole. Look at what the command wrote.'],
  ['session_crashed', 'The stack is worth a report. Run it again: it goes on where it stopped.'],
  ['timed_out', 'Wait longer with --timeout, or leave it out.'],
]);

const FETCH_FAILURES: ReadonlySet<string> = new Set(['torrent_unreadable', 'torrent_unreachable']);

const TOO_SLOW = 'Run the same command again: it goes on where it stopped. A lower --min-speed waits longer.';
const NO_WEB_SEED = 'Name another with --webseed URL, or leave out --webseeds only.';

/** A whole sentence; empty for what is a bug of ours. */
export function adviceFor(error: EffusionError): string {
  // Who knows more than its code says it.
  if ('advice' in error && typeof error.advice === 'string' && error.advice !== '') return error.advice;
  // With `--webseeds only` nobody else is asked, however long one waits.
  if (error.message.startsWith('no web seed')) return NO_WEB_SEED;
  if (error.code === 'stalled' && 'minSpeed' in error.detail) return TOO_SLOW;
  if (FETCH_FAILURES.has(error.code) && 'url' in error.detail) return adviceForUrl(error);
  // Another copy of it would be no better.
  if (error.message.includes('not yet supported')) return 'Look for a v1 or a hybrid torrent of the same data.';
  return ADVICE.get(error.code) ?? '';
}

/** By the status where the server answered, else by what came in the way. */
function adviceForUrl({ code, detail, cause }: EffusionError): string {
  const status = 'status' in detail ? Number(detail.status) : null;
  if (status === 401 || status === 403 || status === 407) {
    return 'It may want a login: fetch the file in a browser, and name that file.';
  }
  if (status !== null && code === 'torrent_unreachable') return 'Try again later.';
  if (status !== null) return 'Check the URL: there is no file there.';
  switch (cause instanceof EffusionError ? cause.code : '') {
    case 'name_not_found':
      return 'Check the name of the host in the URL, and that you are online.';
    case 'refused':
      return 'Check the host and the port in the URL: no web server listens there.';
    case 'certificate':
      return 'Check the URL, and the clock of this machine; or fetch the file in another way, and name that file.';
    case 'too_large':
      return 'Is it really a torrent file?';
    case 'invalid_url':
    case 'unsupported_scheme':
    case 'bad_response':
    case 'bad_encoding':
      return 'Check the URL.';
    default:
      return 'Check the URL, and try again later.';
  }
}

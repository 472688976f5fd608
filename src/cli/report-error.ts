// The one line that an error becomes: `effusion: error: WHAT: WHY. WHAT TO DO. (exit N)`. Errors that we threw on purpose
// carry what and why in their message; what to do is in their detail or here. Anything else is a bug of ours: its stack. Whatever URL
// is in it, and wherever it came from, shows no login and no passkey.

import { CommanderError } from 'commander';
import { EffusionError } from '../model/error.js';
import { redactUrls } from '../model/redact-url.js';
import { CommandError } from './command-error.js';
import type { ErrorFacts } from './events/event.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { sanitise, sanitiseLines } from './render/sanitise.js';
import { UsageError } from './usage-error.js';

export interface ErrorReport {
  /** Without a line feed at the end; one line, but for bugs. */
  readonly text: string;
  readonly exitCode: number;
}

/** Whole sentences by `code`, where the message itself does not say what to do. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['invalid_metainfo', 'Get it again from where it came from.'],
  ['bad_placement', 'Nothing was written. Choose otherwise with --name, --strip-components, --rename or --files.'],
  ['invalid_blocklist', 'Name another file with --blocklist, or leave it out.'],
  ['no_peers', 'Try again later, name a peer with --peer HOST:PORT, or wait longer with --no-peers-timeout 0.'],
  ['interface_gone', 'Run the same command again when it is there: what is verified is kept.'],
  ['proxy_unreachable', 'Check --proxy and that the proxy runs: nothing was sent around it.'],
  ['proxy_login', 'Nothing was sent around it.'],
  ['proxy_protocol', 'Check the scheme and the port of --proxy: nothing was sent around it.'],
  ['proxy_denied', 'Ask whoever runs the proxy, or use another one.'],
  ['proxy_unsupported', 'Use another proxy.'],
  ['stalled', 'Run the same command again: it goes on where it stopped. Wait longer with --stall-timeout 0.'],
  ['port_taken', 'Choose another port with --port, or leave it out for a free one.'],
  ['sources_exhausted', 'What is verified is kept. Run it again when there are other peers.'],
]);

const TOO_SLOW_HINT = 'Run the same command again: it goes on where it stopped. A lower --min-speed waits longer.';
const MAX_LINE = 2000;
/** The code of what we did not throw on purpose. */
const BUG = 'bug';

/** `where`: whose error it is, in front of the message; empty where there is one torrent. */
export function describeError(error: unknown, where = ''): ErrorReport {
  const { code, message, hint, exit } = explain(error);
  const prefix = where === '' || error instanceof CommanderError ? '' : `${where}: `;
  if (code !== BUG) return toLine(prefix + message, hint, exit);
  const text = sanitiseLines(redactUrls(`effusion: error: ${prefix}this is a bug: ${stackOf(error)}\n(exit ${EXIT.bug})`));
  return { text, exitCode: EXIT.bug };
}

/** The same for scripts: as it is, but for the secrets in URLs. */
export function errorFacts(error: unknown): ErrorFacts {
  const { code, message, hint, exit } = explain(error);
  return { code, exit, message: redactUrls(message), hint: redactUrls(hint) };
}

function explain(error: unknown): ErrorFacts {
  if (error instanceof CommanderError) return explainUsage(error.message);
  if (error instanceof UsageError || error instanceof CommandError) {
    const { code, message } = error;
    return { code, message, hint: error.detail.hint, exit: exitCodeOf(code) };
  }
  if (error instanceof EffusionError) {
    const exit = exitCodeOf(error.code);
    if (exit !== EXIT.bug) return { code: error.code, message: withPeers(error), hint: hintFor(error), exit };
  }
  return { code: BUG, message: String(error), hint: '', exit: EXIT.bug };
}

function hintFor(error: EffusionError): string {
  // With `--webseeds only` nobody else is asked, however long one waits.
  if (error.message.startsWith('no web seed')) return 'Name another with --webseed URL, or leave out --webseeds only.';
  if (error.code === 'stalled' && 'minSpeed' in error.detail) return TOO_SLOW_HINT;
  // Another copy of it would be no better.
  return error.message.includes('not yet supported') ? '' : (HINTS.get(error.code) ?? '');
}

/** A session crashed, and may be started again: the stack, for a report. */
export function describeCrash(error: Error): string {
  return sanitiseLines(redactUrls(`effusion: this is a bug: ${stackOf(error)}`));
}

/** commander's `error: unknown option '--prot'\n(Did you mean --port?)` in our form. */
function explainUsage(text: string): ErrorFacts {
  const [first, ...rest] = text.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').replace(/[()]/g, '').trim();
  const message = first.replace(/\.$/, '');
  return { code: 'usage_error', message, hint: suggestion === '' ? 'See effusion --help.' : suggestion, exit: EXIT.usage };
}

function toLine(message: string, hint: string, exitCode: number): ErrorReport {
  const what = sanitise(redactUrls(message), MAX_LINE);
  const end = /[.!?]$/.test(what) ? '' : '.';
  return {
    text: `effusion: error: ${what}${end}${hint === '' ? '' : ` ${sanitise(redactUrls(hint), MAX_LINE)}`} (exit ${exitCode})`,
    exitCode,
  };
}

/** Its message. Bad data: which files it hits and who sent it belong in the line (issue: "naming piece, file and peers"). */
export function withPeers(error: EffusionError): string {
  if (error.code !== 'sources_exhausted') return error.message;
  const detail = error.detail as { files?: unknown; banned?: unknown };
  const parts = [error.message.replace(/\.$/, '')];
  for (const [label, value] of [
    ['files', detail.files],
    ['sources', detail.banned],
  ] as const) {
    if (!Array.isArray(value)) continue;
    const missing = value.map(String).filter((item) => !error.message.includes(item));
    if (missing.length > 0) parts.push(`${label}: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`);
  }
  return parts.join('; ');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by: ${stackOf(error.cause)}`;
}

// Addresses of trackers and web seeds carry secrets: a login, or a passkey in the path or the query. Everything that is
// printed goes through here. Rather too much is cut than too little: a long component stays only if it looks like words. The
// path of a web seed (BEP 19) is that of a file, and what looks like a key there is its name.

import { printableLine } from './printable-line.js';

const CUT = '***';
const MAX_LENGTH = 300;

/** Names of query parameters whose value is always cut. */
const SECRET_NAMES =
  /^(?:.*(?:pass|secret|token|auth|sign).*|key|api_?key|user_?key|pid|uid|user|username|login|hash|session|sid|id_hash)$/i;
/** Letters in words of moderate length, as in `announce.php` or `some-open-tracker`. */
const WORDS = /^[A-Za-z]?[a-z]{1,14}(?:[-_.~][A-Za-z]?[a-z]{1,14})*$/;

function isSecret(component: string): boolean {
  return component.length >= 16 && !WORDS.test(component);
}

/** Told of each secret that is cut. */
type OnCut = (secret: string) => void;

function cut(secret: string, onCut: OnCut): string {
  onCut(secret);
  return CUT;
}

function redactQuery(query: string, onCut: OnCut): string {
  const shown = (text: string): string => (isSecret(text) ? cut(text, onCut) : text);
  return query
    .split(/([&;])/)
    .map((part) => {
      const at = part.indexOf('=');
      if (at < 0) return shown(part);
      const name = part.slice(0, at);
      const value = part.slice(at + 1);
      return `${shown(name)}=${value !== '' && SECRET_NAMES.test(name) ? cut(value, onCut) : shown(value)}`;
    })
    .join('');
}

function redactPath(path: string, onCut: OnCut): string {
  return path
    .split('/')
    .map((component) => (isSecret(component) ? cut(component, onCut) : component))
    .join('/');
}

/** One printable line of at most 300 characters, without login, passkeys and fragment. Takes any text, also what is no URL. */
export function redactUrl(url: string): string {
  return redact(url, redactPath);
}

/** The same of a web seed: its path is shown. */
export function redactWebSeedUrl(url: string): string {
  return redact(url, (path) => path);
}

function redact(url: string, showPath: (path: string, onCut: OnCut) => string, onCut: OnCut = () => {}): string {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#\\]*))?([^?#]*)(?:\?([^#]*))?/.exec(printableLine(url));
  if (parts === null) return CUT;
  const [, scheme = '', authority, path, query] = parts;
  const login = authority?.lastIndexOf('@') ?? -1;
  if (login > 0) for (const secret of authority.slice(0, login).split(':')) onCut(secret);
  const host = authority === undefined ? '' : `//${authority.slice(login + 1)}`;
  const text = `${scheme}${host}${showPath(path, onCut)}${query === undefined ? '' : `?${redactQuery(query, onCut)}`}`;
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

/** Shorter ones are in every text. */
const MIN_SECRET = 4;

/** What must not be shown of a URL, wherever it turns up; as written, and without its percent signs. */
function secretsOf(url: string): string[] {
  const secrets = new Set<string>();
  redact(url, redactPath, (secret) => {
    secrets.add(secret);
    try {
      secrets.add(decodeURIComponent(secret));
    } catch {
      // What is no percent-encoding is itself only.
    }
  });
  return [...secrets].filter((secret) => secret.length >= MIN_SECRET).toSorted((a, b) => b.length - a.length);
}

/** Cuts from a text what the URLs in it must not show, and links (a magnet has its trackers in it); paths of files stay. */
export function redactUrls(text: string): string {
  return text
    .replaceAll(/[A-Za-z][A-Za-z0-9+.-]*:\/\/\S+/g, (found) => {
      if (/^file:/i.test(found)) return found;
      // What ends the sentence is no part of it.
      const end = /[)\]}'",.:;!?]*$/.exec(found.slice(-8))?.[0].length ?? 0;
      const url = found.slice(0, found.length - end);
      return `${redactUrl(url)}${found.slice(url.length)}`;
    })
    .replaceAll(/\bmagnet:\?\S+/gi, 'magnet:?…');
}

/**
 * Cuts from a text of someone else's (an error message) what looks like a key, what addresses in it must not show, and what `url`, to
 * which it is an answer, must not.
 */
export function redactText(text: string, url = ''): string {
  let shown = text;
  for (const secret of secretsOf(url)) shown = shown.replaceAll(secret, CUT);
  return redactUrls(shown)
    .replaceAll(/([A-Za-z_]+)=([^\s&;=]+)/g, (pair, name: string) => (SECRET_NAMES.test(name) ? `${name}=${CUT}` : pair))
    .replaceAll(/[A-Za-z0-9_+/=%~-]{16,}/g, (run) => (/[0-9]/.test(run) && /[A-Za-z]/.test(run) && isSecret(run) ? CUT : run));
}

// Addresses of trackers and web seeds carry secrets: a login, or a passkey in the path or the query. Everything that is
// printed goes through here. Rather too much is cut than too little: a long component stays only if it looks like words. The
// path of a web seed (BEP 19) is that of a file, and what looks like a key there is its name.

const CUT = '***';
const MAX_LENGTH = 300;

/** Names of query parameters whose value is always cut. */
const SECRET_NAMES =
  /^(?:.*(?:pass|secret|token|auth|sign).*|key|api_?key|user_?key|pid|uid|user|username|login|hash|session|sid|id_hash)$/i;
/** Letters in words of moderate length, as in `announce.php` or `some-open-tracker`. */
const WORDS = /^[A-Za-z]?[a-z]{1,14}(?:[-_.~][A-Za-z]?[a-z]{1,14})*$/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\s]+/gu;

function isSecret(component: string): boolean {
  return component.length >= 16 && !WORDS.test(component);
}

function redactQuery(query: string): string {
  return query
    .split(/([&;])/)
    .map((part) => {
      const at = part.indexOf('=');
      if (at < 0) return isSecret(part) ? CUT : part;
      const name = part.slice(0, at);
      const value = part.slice(at + 1);
      const isCut = value !== '' && (SECRET_NAMES.test(name) || isSecret(value));
      return `${isSecret(name) ? CUT : name}=${isCut ? CUT : value}`;
    })
    .join('');
}

function redactPath(path: string): string {
  return path
    .split('/')
    .map((component) => (isSecret(component) ? CUT : component))
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

function redact(url: string, showPath: (path: string) => string): string {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#\\]*))?([^?#]*)(?:\?([^#]*))?/.exec(
    url.replaceAll(UNPRINTABLE, ' ').trim(),
  );
  if (parts === null) return CUT;
  const [, scheme = '', authority, path, query] = parts;
  const host = authority === undefined ? '' : `//${authority.slice(authority.lastIndexOf('@') + 1)}`;
  const text = `${scheme}${host}${showPath(path)}${query === undefined ? '' : `?${redactQuery(query)}`}`;
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

/** Cuts from a text of someone else's (an error message) what looks like a key, and what addresses in it must not show. */
export function redactText(text: string): string {
  return text
    .replaceAll(/[A-Za-z][A-Za-z0-9+.-]*:\/\/\S+/g, (url) => redactUrl(url))
    .replaceAll(/[A-Za-z0-9_+/=%~-]{16,}/g, (run) => (/[0-9]/.test(run) && /[A-Za-z]/.test(run) && isSecret(run) ? CUT : run));
}

// A tracker's URL without what is secret in it: many private trackers put the user's passkey into the path or the query,
// and what a command prints ends up in tickets and logs.

/** Path segments of this length and shape are keys more often than words. */
const KEY_SEGMENT = /^[0-9A-Za-z_-]{16,}$/;
const MARK = '***';

/** The same URL with user, password, values of the query and key-like segments of the path blotted out; what is no URL comes back as it is. */
export function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return text;
  }
  const user = url.username === '' && url.password === '' ? '' : `${MARK}@`;
  const path = url.pathname
    .split('/')
    .map((segment) => (KEY_SEGMENT.test(segment) && /[0-9]/.test(segment) ? MARK : segment))
    .join('/');
  const query = url.search === '' ? '' : `?${url.search.slice(1).split('&').map(redactPair).join('&')}`;
  return `${url.protocol}//${user}${url.host}${path}${query}`;
}

function redactPair(pair: string): string {
  const at = pair.indexOf('=');
  return at < 0 ? (KEY_SEGMENT.test(pair) ? MARK : pair) : `${pair.slice(0, at)}=${MARK}`;
}

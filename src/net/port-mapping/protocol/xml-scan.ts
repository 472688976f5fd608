// Just enough XML for what routers write: elements that begin and end, and the text of those that hold nothing else. Names without their
// prefix. One pass, no tree, no entities but the five and numbers, so that nothing in it can grow; what is broken is skipped.

export type XmlEvent =
  | { readonly type: 'open'; readonly name: string }
  | { readonly type: 'close'; readonly name: string }
  /** An element with text alone; its `open` has been told, its `close` follows. */
  | { readonly type: 'text'; readonly name: string; readonly text: string };

const MAX_TEXT = 1000;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeText(text: string): string {
  return text.slice(0, MAX_TEXT).replaceAll(/&(?:#(x?)([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (whole, isHex, digits, name) => {
    if (typeof name === 'string') return ENTITIES[name] ?? whole;
    const code = Number.parseInt(digits, isHex === '' ? 10 : 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

function localName(tag: string): string {
  const name = /^[^\s/>]*/.exec(tag)?.[0] ?? '';
  return name.slice(name.lastIndexOf(':') + 1);
}

export function* scanXml(xml: string): Generator<XmlEvent> {
  /** The element that was just opened: nothing but text has come since. */
  let leaf: string | null = null;
  let text = '';
  let at = 0;
  for (;;) {
    const start = xml.indexOf('<', at);
    if (start < 0) return;
    if (leaf !== null) text += decodeText(xml.slice(at, start));
    const special = specialEnd(xml, start);
    if (special !== null) {
      if (leaf !== null) text += special.text;
      at = special.end;
      continue;
    }
    const end = xml.indexOf('>', start);
    if (end < 0) return;
    const tag = xml.slice(start + 1, end);
    at = end + 1;
    if (tag.startsWith('/')) {
      const name = localName(tag.slice(1));
      if (leaf === name) yield { type: 'text', name, text: text.trim().slice(0, MAX_TEXT) };
      leaf = null;
      yield { type: 'close', name };
    } else {
      const name = localName(tag);
      yield { type: 'open', name };
      leaf = tag.endsWith('/') ? null : name;
      if (leaf === null) yield { type: 'close', name };
    }
    text = '';
  }
}

/** Where a comment, a processing instruction, a declaration or CDATA ends that begins at `start`, and its text; null for an element. */
function specialEnd(xml: string, start: number): { end: number; text: string } | null {
  const until = (mark: string, from: number): number => {
    const at = xml.indexOf(mark, from);
    return at < 0 ? xml.length : at + mark.length;
  };
  if (xml.startsWith('<!--', start)) return { end: until('-->', start + 4), text: '' };
  if (xml.startsWith('<![CDATA[', start)) {
    const end = until(']]>', start + 9);
    return { end, text: xml.slice(start + 9, Math.max(start + 9, end - 3)).slice(0, MAX_TEXT) };
  }
  if (xml.startsWith('<?', start)) return { end: until('?>', start + 2), text: '' };
  if (xml.startsWith('<!', start)) return { end: until('>', start + 2), text: '' };
  return null;
}

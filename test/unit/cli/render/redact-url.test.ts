import { expect, test } from 'vitest';
import { redactUrl } from '../../../../src/cli/render/redact-url.js';

test.each([
  ['http://t.example/announce', 'http://t.example/announce'],
  ['http://t.example:6969/announce?passkey=abc&x=1', 'http://t.example:6969/announce?passkey=***&x=***'],
  ['https://t.example/0123456789abcdef0123456789abcdef/announce', 'https://t.example/***/announce'],
  ['https://user:secret@t.example/announce', 'https://***@t.example/announce'],
  ['udp://t.example:80', 'udp://t.example:80'],
  ['https://t.example/announce?0123456789abcdef01', 'https://t.example/announce?***'],
  ['no url at all', 'no url at all'],
])('%s', (text, expected) => expect(redactUrl(text)).toBe(expected));

// The media type by the end of a name: what players need, and nothing that a browser would run.

import { expect, test } from 'vitest';
import { mediaTypeOf } from '../../../src/model/media-type.js';

test.each([
  ['film.mkv', 'video/matroska'],
  ['FILM.MP4', 'video/mp4'],
  ['a.b.flac', 'audio/flac'],
  ['film.en.vtt', 'text/vtt; charset=utf-8'],
  ['cover.jpg', 'image/jpeg'],
  ['book.pdf', 'application/pdf'],
  ['all.zip', 'application/zip'],
  ['page.html', 'text/plain; charset=utf-8'],
  ['drawing.svg', 'application/octet-stream'],
  ['noend', 'application/octet-stream'],
  ['end.', 'application/octet-stream'],
  ['x.constructor', 'application/octet-stream'],
  ['x.__proto__', 'application/octet-stream'],
])('%s', (name, type) => expect(mediaTypeOf(name)).toBe(type));

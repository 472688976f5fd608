// What becomes of the limits that hold for each torrent.

import { describe, expect, test } from 'vitest';
import { limitsOfEach } from '../../../src/cli/limits-of-each.js';

describe('limits of each torrent', () => {
  test('are its session’s', () => {
    expect(limitsOfEach({ maxDownloadEach: 1024, maxUploadEach: 0, maxPeers: 3, maxUploads: 2 })).toEqual({
      maxDownloadBytesPerSecond: 1024,
      maxUploadBytesPerSecond: 0,
      maxPeers: 3,
      maxUploads: 2,
    });
  });

  test('that are not named stay as they are', () => {
    expect(limitsOfEach({})).toEqual({});
  });
});

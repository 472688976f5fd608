// What the kernel makes up is known as such; everything else, and what is not there, is not.

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelFileSystemOf } from '../../../src/storage/kernel-files.js';
import { makeTempFolder } from '../../support/temp-folder.js';

describe.runIf(process.platform === 'linux')('the file system of a path', () => {
  test.each([
    ['/proc', 'proc'],
    ['/proc/self/status', 'proc'],
    ['/sys', 'sysfs'],
  ])('%s is %s', async (location, expected) => {
    expect(await kernelFileSystemOf(location)).toBe(expected);
  });
});

test('a folder of ours, and one that is not there', async () => {
  const folder = await makeTempFolder();
  expect(await kernelFileSystemOf(folder)).toBeNull();
  expect(await kernelFileSystemOf(path.join(folder, 'nothing'))).toBeNull();
});

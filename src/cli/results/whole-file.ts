// Files that a run leaves besides its data, such as a receipt or a report: written beside their place and renamed, so that nobody ever
// reads half of one, and looked after before the run begins.

import { randomUUID } from 'node:crypto';
import { promises } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-error.js';
import { fileReason } from '../file-reason.js';

/** A download must not end with the news that its receipt has no place. Rejects with CommandError (`output_failed`). `option`: who asked. */
export async function expectFolderOf(file: string, option: string): Promise<void> {
  const folder = path.dirname(file);
  const found = await promises.stat(folder).catch(() => null);
  if (found?.isDirectory() !== true) throw unwritable(option, file, `there is no folder ${folder}`);
  const own = await promises.stat(file).catch(() => null);
  if (own?.isDirectory() === true) throw unwritable(option, file, 'it is a folder');
}

/** It is there as a whole or not at all. Rejects with CommandError (`output_failed`). */
export async function writeWhole(file: string, text: string, option: string): Promise<void> {
  const draft = path.join(path.dirname(file), `.${randomUUID().slice(0, 8)}.effusion-draft`);
  try {
    await promises.writeFile(draft, text, { flag: 'wx' });
    await promises.rename(draft, file);
  } catch (error) {
    await promises.rm(draft, { force: true }).catch(() => undefined);
    throw unwritable(option, file, fileReason(error), error);
  }
}

function unwritable(option: string, file: string, why: string, cause?: unknown): CommandError {
  return new CommandError('output_failed', `${option}: cannot write ${file}: ${why}`, `Name another with ${option}.`, { cause });
}

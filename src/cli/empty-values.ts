// Words of nothing where a file, a folder or a torrent belongs: in a script a variable that is not set. Refused before anything begins, as
// `-o "$DIR"` would else mean something else than was written.

import type { Command } from 'commander';
import { UsageError } from './usage-error.js';
import { WITHOUT_SETTINGS } from './settings/setting.js';

const HINT = 'Is a variable in its place empty?';
const PLACE = /<[^>]*(?:DIR|FILE|LIST|PATH)/;

/** Throws UsageError. `command`: the one that is about to run. */
export function refuseEmptyValues(program: Command, command: Command): void {
  // They are asked about words, also about those that are just being typed.
  if (WITHOUT_SETTINGS.has(command.name())) return;
  if (command.args.includes('')) throw new UsageError('an argument is empty', HINT);
  for (const owner of [program, command]) {
    for (const option of owner.options) {
      if (!PLACE.test(option.flags)) continue;
      const value: unknown = owner.getOptionValue(option.attributeName());
      const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
      if (isEmpty) throw new UsageError(`${option.long ?? option.flags} names nothing`, HINT);
    }
  }
}

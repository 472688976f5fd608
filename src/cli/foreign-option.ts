// An option under the name that another program gives it, e.g. aria2's `--dir`: understood as ours, and not shown in the help. It writes
// where ours writes and reads its value as ours does, so there is no second way of doing anything.

import { Option } from 'commander';

export class ForeignOption extends Option {
  readonly #attribute: string;
  /** How ours is written. */
  readonly ours: string;

  /** `theirs`: flags as commander takes them, without a value; `ours`: the option that is meant. */
  constructor(theirs: string, ours: Option) {
    super(ours.required ? `${theirs} <VALUE>` : theirs, ours.description);
    this.#attribute = ours.attributeName();
    this.ours = ours.flags;
    if (ours.parseArg !== undefined) this.parseArg = ours.parseArg;
    if (ours.argChoices !== undefined) this.argChoices = ours.argChoices;
    this.hidden = true;
    this.negate = ours.negate;
  }

  override attributeName(): string {
    return this.#attribute;
  }
}

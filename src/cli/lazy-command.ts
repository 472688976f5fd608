// A command of the tree whose options are made when somebody looks at them: one command of all runs, and the options of the others are most
// of the tree. Whoever reads `options` finds them all, so the help, the settings and the completion need not know of it.

import { Command, type Option } from 'commander';

type MakeOptions = (command: Command) => void;

export class LazyCommand extends Command {
  declare readonly commands: readonly LazyCommand[];
  readonly #made: Option[] = [];
  #makers: readonly MakeOptions[] = [];

  constructor(name?: string) {
    super(name);
    // commander has a field here, which no accessor of a class can take the place of.
    Object.defineProperty(this, 'options', { get: () => this.#lookAtOptions() });
  }

  override createCommand(name?: string): LazyCommand {
    return new LazyCommand(name);
  }

  /** `make` adds options to the command it is given, once, after those that were defined before. */
  defineOptions(make: MakeOptions): this {
    this.#makers = [...this.#makers, make];
    return this;
  }

  /** What it saves has the defaults of the options in it, so they come first. */
  override saveStateBeforeParse(): void {
    this.#lookAtOptions();
    super.saveStateBeforeParse();
  }

  #lookAtOptions(): Option[] {
    const makers = this.#makers;
    // Before they run, as each of them looks too.
    this.#makers = [];
    for (const make of makers) make(this);
    return this.#made;
  }
}

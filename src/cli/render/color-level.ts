// Whether there is colour, decided in this one place for each stream: the flag, then NO_COLOR, then FORCE_COLOR, then
// whether it is a terminal. chalk is loaded only where the answer is yes.

/** `--color` is true, `--no-color` false, neither undefined. */
export type ColorChoice = boolean | undefined;

/** 0 none, 1 the 16 basic colours, 2 of 256, 3 true colour. */
export type ColorLevel = 0 | 1 | 2 | 3;

export interface ColorSituation {
  readonly choice: ColorChoice;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

export function decideColorLevel(situation: ColorSituation): ColorLevel {
  const { choice, environment, isTerminal } = situation;
  if (choice === false) return 0;
  if (choice === true) return 1;
  // https://no-color.org: any value that is not empty.
  if ((environment.NO_COLOR ?? '') !== '') return 0;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 0;
    return forced === '2' ? 2 : forced === '3' ? 3 : 1;
  }
  return isTerminal && environment.TERM !== 'dumb' ? 1 : 0;
}

/** What the parts of our output look like. */
export interface Style {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly success: (text: string) => string;
  readonly accent: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

const plain = (text: string): string => text;

export const PLAIN_STYLE: Style = {
  error: plain,
  warning: plain,
  success: plain,
  accent: plain,
  faint: plain,
  strong: plain,
};

export async function loadStyle(level: ColorLevel): Promise<Style> {
  if (level === 0) return PLAIN_STYLE;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level });
  return {
    error: (text) => chalk.red(text),
    warning: (text) => chalk.yellow(text),
    success: (text) => chalk.green(text),
    accent: (text) => chalk.cyan(text),
    faint: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
  };
}

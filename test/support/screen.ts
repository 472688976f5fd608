// What a terminal really shows after the bytes that were written to it: @xterm/headless, line by line.

import xterm from '@xterm/headless';

export class Screen {
  readonly #terminal: xterm.Terminal;

  constructor(columns: number, rows = 24) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  }

  /** Resolves when the bytes have taken effect. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#terminal.write(text, resolve);
    });
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** The lines from the top to the last one that is not empty, without the spaces at their ends. */
  lines(): string[] {
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < buffer.length; row++) lines.push(buffer.getLine(row)?.translateToString(true) ?? '');
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** The lines as they were written: what the terminal broke is joined again. */
  paragraphs(): string[] {
    const buffer = this.#terminal.buffer.active;
    const paragraphs: string[] = [];
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row);
      const text = line?.translateToString(buffer.getLine(row + 1)?.isWrapped !== true) ?? '';
      if (line?.isWrapped === true) paragraphs[paragraphs.length - 1] += text;
      else paragraphs.push(text);
    }
    while (paragraphs.at(-1) === '') paragraphs.pop();
    return paragraphs;
  }
}

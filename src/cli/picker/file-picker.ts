// Choosing files by hand (`-I`), as a state and the keys that change it: which rows are shown, which are chosen, what is looked for. Pure:
// a terminal is around it in pick-files.ts, a test instead of it.

export interface PickedFile {
  /** From 1, as `effusion files` shows it. */
  readonly index: number;
  /** Printable. */
  readonly path: string;
  readonly bytes: number;
}

export type PickerKey =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'interrupt'
  /** A printable character. */
  | { readonly text: string };

/** `done`: what was chosen counts. */
export type PickerEnd = 'done' | 'given-up';

export class FilePicker {
  readonly files: readonly PickedFile[];
  readonly #chosen: Set<number>;
  /** Positions in `files` that match what is looked for. */
  #matching: readonly number[];
  /** In `#matching`. */
  #cursor = 0;
  #top = 0;
  #search = '';
  #isTyping = false;
  #notice = '';
  #end: PickerEnd | null = null;

  /** `chosen`: positions in `files` at the start. */
  constructor(files: readonly PickedFile[], chosen: Iterable<number>) {
    this.files = files;
    this.#chosen = new Set(chosen);
    this.#matching = files.map((_, position) => position);
  }

  /** Null while it goes on. */
  get end(): PickerEnd | null {
    return this.#end;
  }

  /** Positions in `files`, in their order. */
  get chosen(): number[] {
    return [...this.#chosen].toSorted((a, b) => a - b);
  }

  get chosenBytes(): number {
    let bytes = 0;
    for (const position of this.#chosen) bytes += this.files[position].bytes;
    return bytes;
  }

  get search(): string {
    return this.#search;
  }

  /** Keys go into what is looked for. */
  get isTyping(): boolean {
    return this.#isTyping;
  }

  /** Why the last key did nothing; empty where it did. */
  get notice(): string {
    return this.#notice;
  }

  /** The rows that are on the screen, `room` at most (1 or more), scrolled so that the cursor is one of them. */
  rows(room: number): { readonly file: PickedFile; readonly isChosen: boolean; readonly isCurrent: boolean }[] {
    this.#top = Math.max(0, Math.min(this.#top, this.#cursor, this.#matching.length - room));
    if (this.#cursor >= this.#top + room) this.#top = this.#cursor - room + 1;
    return this.#matching.slice(this.#top, this.#top + room).map((position, at) => ({
      file: this.files[position],
      isChosen: this.#chosen.has(position),
      isCurrent: this.#top + at === this.#cursor,
    }));
  }

  /** `room`: rows on the screen, for whole pages. */
  press(key: PickerKey, room: number): void {
    this.#notice = '';
    if (key === 'interrupt') this.#end = 'given-up';
    else if (this.#isTyping) this.#type(key);
    else if (typeof key === 'object') this.#command(key.text);
    else this.#move(key, room);
  }

  #move(key: Exclude<PickerKey, object>, room: number): void {
    const last = this.#matching.length - 1;
    const to = { up: -1, down: 1, 'page-up': -room, 'page-down': room, home: -Infinity, end: Infinity } as const;
    if (key in to) this.#cursor = Math.max(0, Math.min(last, this.#cursor + to[key as keyof typeof to]));
    else if (key === 'enter') this.#finish();
    else if (key === 'escape') this.#find('');
  }

  #command(text: string): void {
    switch (text) {
      case ' ':
        this.#toggle();
        return;
      case 'a':
        for (const position of this.#matching) this.#chosen.add(position);
        return;
      case 'n':
        for (const position of this.#matching) this.#chosen.delete(position);
        return;
      case 'i':
        for (const position of this.#matching) this.#flip(position);
        return;
      case 'j':
        this.#move('down', 1);
        return;
      case 'k':
        this.#move('up', 1);
        return;
      case '/':
        this.#isTyping = true;
        return;
      case 'q':
        this.#end = 'given-up';
    }
  }

  #type(key: PickerKey): void {
    if (typeof key === 'object') this.#find(this.#search + key.text);
    else if (key === 'backspace') this.#find(Array.from(this.#search).slice(0, -1).join(''));
    else {
      this.#isTyping = false;
      if (key === 'escape') this.#find('');
    }
  }

  #find(search: string): void {
    this.#search = search;
    const wanted = search.toLowerCase();
    const all = this.files.map((_, position) => position);
    this.#matching = all.filter((position) => this.files[position].path.toLowerCase().includes(wanted));
    this.#cursor = 0;
    this.#top = 0;
  }

  #toggle(): void {
    const position = this.#matching.at(this.#cursor);
    if (position === undefined) return;
    this.#flip(position);
    this.#move('down', 1);
  }

  #flip(position: number): void {
    if (!this.#chosen.delete(position)) this.#chosen.add(position);
  }

  #finish(): void {
    if (this.#chosen.size === 0) this.#notice = 'nothing is chosen: space chooses, a all of them, q gives up';
    else this.#end = 'done';
  }
}

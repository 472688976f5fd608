// Files in memory: for tests, and for a session that is started without a folder (row A24: a run that touches no disk).
// Pages come into being when they are first written.

import type { LayoutFile } from '../metainfo/file-layout.js';
import { FileLayout } from '../metainfo/file-layout.js';
import { copyBytes } from './copy-bytes.js';
import { refuse } from './storage-failure.js';
import type { Storage } from './storage.js';

const PAGE_BYTES = 65_536;

export class MemoryStorage implements Storage {
  readonly #layout: FileLayout;
  readonly #pages = new Map<number, Uint8Array>();
  readonly #finished = new Set<number>();

  /** `files` in the torrent's order, without gaps between them; a metainfo's files are such. */
  constructor(files: readonly LayoutFile[]) {
    this.#layout = FileLayout.of(files);
  }

  /** Indices of the files that `finishFile` was called for. */
  get finishedFiles(): ReadonlySet<number> {
    return this.#finished;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void {
    for (const slice of this.#layout.slices(offset, to - from)) {
      if (slice.isPadding) continue;
      let at = from + slice.offset;
      const end = at + slice.length;
      while (at < end) {
        const position = offset + at - from;
        const inPage = position % PAGE_BYTES;
        const length = Math.min(PAGE_BYTES - inPage, end - at);
        copyBytes(bytes, at, at + length, this.#page(position), inPage);
        at += length;
      }
    }
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    let done = 0;
    while (done < length) {
      const position = offset + done;
      const inPage = position % PAGE_BYTES;
      const step = Math.min(PAGE_BYTES - inPage, length - done);
      const page = this.#pages.get(Math.floor(position / PAGE_BYTES));
      if (page === undefined) this.#readAbsent(position, step, into, at + done);
      else into.set(page.subarray(inPage, inPage + step), at + done);
      done += step;
    }
  }

  finishFile(file: number): void {
    this.#finished.add(file);
  }

  releaseIdle(): void {}

  close(): void {
    this.#pages.clear();
  }

  /** What was never written can't be read, as on disk; padding can. */
  #readAbsent(offset: number, length: number, into: Uint8Array, at: number): void {
    for (const slice of this.#layout.slices(offset, length)) {
      if (!slice.isPadding) throw refuse('read', `file ${slice.file} in memory`, 'ENOENT');
    }
    into.fill(0, at, at + length);
  }

  #page(position: number): Uint8Array {
    const index = Math.floor(position / PAGE_BYTES);
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = new Uint8Array(PAGE_BYTES);
      this.#pages.set(index, page);
    }
    return page;
  }
}

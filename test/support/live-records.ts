// Counts what is alive in this process, for tests that say of something that it does not grow: the objects of every kind after a full
// collection, and the entries of every Map and Set that was made since the watch began. Counts, not bytes: what leaks is at least one thing
// for each peer or request, whatever the machine makes of its memory meanwhile.

import { setImmediate } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { onTestFinished, vi } from 'vitest';

export interface LiveRecords {
  readonly objects: number;
  /** Of tables. */
  readonly entries: number;
}

/** To be called before what is watched is made; ends with the test. Each call of its answer counts. */
export function watchRecords(): () => Promise<LiveRecords> {
  let tables: WeakRef<{ readonly size: number }>[] = [];
  const [PlainMap, PlainSet] = [Map, Set];

  class WatchedMap<K, V> extends PlainMap<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries);
      tables.push(new WeakRef(this));
    }

    /** Those that were made before are such too. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof PlainMap;
    }
  }

  class WatchedSet<T> extends PlainSet<T> {
    constructor(values?: Iterable<T> | null) {
      super(values);
      tables.push(new WeakRef(this));
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof PlainSet;
    }
  }

  vi.stubGlobal('Map', WatchedMap);
  vi.stubGlobal('Set', WatchedSet);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });

  return async () => {
    // A WeakRef keeps its object until the turn of the loop ends in which it was made, or asked for it.
    await setImmediate();
    queryObjects(PlainMap, { format: 'count' });
    await setImmediate();
    let entries = 0;
    tables = tables.filter((table) => {
      const size = table.deref()?.size;
      entries += size ?? 0;
      return size !== undefined;
    });
    await setImmediate();
    return { objects: queryObjects(Object, { format: 'count' }), entries };
  };
}

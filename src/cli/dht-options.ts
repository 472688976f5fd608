// The DHT as the command uses it: the options, and the file in the user's cache where its nodes are kept from one run to the next.
// A library user gets no such file by itself.

import { homedir } from 'node:os';
import path from 'node:path';
import type { ClientDhtOptions } from '../engine/client-dht.js';
import type { HostPort } from './options.js';

/** Options of every command that may use the DHT. */
export interface DhtCommandOptions {
  readonly dht: boolean;
  readonly dhtBootstrap?: readonly HostPort[];
}

/** What the client gets: nothing where the DHT is switched off. `isBrief`: the run ends by itself. */
export function dhtOptions(
  { dht, dhtBootstrap }: DhtCommandOptions,
  environment: Readonly<Record<string, string | undefined>>,
  isBrief: boolean,
): { dht?: ClientDhtOptions } {
  if (!dht) return {};
  // Who names the way in means a network of his own: its nodes and those of the internet are kept apart.
  if (dhtBootstrap !== undefined) return { dht: { isBrief, bootstrap: dhtBootstrap } };
  const tableFile = tablePath(environment);
  return { dht: { isBrief, ...(tableFile === null ? {} : { tableFile }) } };
}

/** By the XDG base directories, which take no relative path; null for a user without a home. */
export function tablePath(environment: Readonly<Record<string, string | undefined>>): string | null {
  const cache = cacheFolder(environment);
  return cache === null ? null : path.join(cache, 'dht.json');
}

/** Ours in the user's cache. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string | null {
  const given = environment['XDG_CACHE_HOME'] ?? '';
  const home = path.isAbsolute(given) ? null : homeFolder();
  const cache = home === null ? given : path.join(home, '.cache');
  return path.isAbsolute(cache) ? path.join(cache, 'effusion') : null;
}

function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

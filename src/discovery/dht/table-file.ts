// The nodes of a run, kept for the next one, so that it needs no router. A file of ours in the user's cache: what is broken, foreign or
// too long in it counts as not there, and a failed write costs nothing but that. Replaced as a whole, so two runs may write it.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addressScope } from '../../model/address-scope.js';
import { createAddress, formatAddress, isUnicast, parseAddress, type Address } from '../../model/address.js';
import { toHex } from '../../model/ids.js';
import { NODE_ID_BYTES, type NodeContact, type NodeId } from './protocol/node-id.js';

/** Of one family. */
export interface SavedNodes {
  /** As nodes saw us, so that the next run has an id that fits at once (BEP 42). The id itself is not kept: two runs may go on at a time. */
  readonly ownAddress: Address | null;
  readonly nodes: readonly NodeContact[];
}

export interface SavedTable {
  readonly ipv4: SavedNodes;
  readonly ipv6: SavedNodes;
}

const VERSION = 1;
const MAX_FILE_BYTES = 262_144;
/** Of each family: as many as a table has. */
const MAX_NODES = 300;

/** Null where there is none that can be used. */
export function readTable(file: string): SavedTable | null {
  try {
    return statSync(file).size > MAX_FILE_BYTES ? null : parseTable(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Whether it is there now. Never throws. */
export function writeTable(file: string, table: SavedTable): boolean {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, formatTable(table));
    renameSync(draft, file);
    return true;
  } catch {
    try {
      rmSync(draft, { force: true });
    } catch {
      // What can't be written can't be removed either.
    }
    return false;
  }
}

function formatTable({ ipv4, ipv6 }: SavedTable): string {
  const toJson = ({ ownAddress, nodes }: SavedNodes): unknown => ({
    ownAddress: ownAddress === null ? null : formatAddress(ownAddress),
    nodes: nodes.slice(0, MAX_NODES).map((node) => [toHex(node.id), node.address.host, node.address.port]),
  });
  return `${JSON.stringify({ version: VERSION, ipv4: toJson(ipv4), ipv6: toJson(ipv6) })}\n`;
}

/** Null where the text is anything else; single nodes that can't be are left out. */
export function parseTable(text: string): SavedTable | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value['version'] !== VERSION) return null;
  return { ipv4: parseNodes(value['ipv4'], 4), ipv6: parseNodes(value['ipv6'], 6) };
}

function parseNodes(value: unknown, family: 4 | 6): SavedNodes {
  if (!isRecord(value) || !Array.isArray(value['nodes'])) return { ownAddress: null, nodes: [] };
  const nodes = value['nodes'].slice(0, MAX_NODES).flatMap((item: unknown): NodeContact[] => {
    if (!Array.isArray(item) || typeof item[1] !== 'string' || typeof item[2] !== 'number') return [];
    const id = parseId(item[0]);
    const address = createAddress(item[1], item[2]);
    return id === null || address?.family !== family || !isUnicast(address) ? [] : [{ id, address }];
  });
  const own = typeof value['ownAddress'] === 'string' ? parseAddress(value['ownAddress']) : null;
  return { ownAddress: own?.family === family && addressScope(own) === 'global' ? own : null, nodes };
}

function parseId(value: unknown): NodeId | null {
  if (typeof value !== 'string' || !/^[0-9a-f]{40}$/.test(value)) return null;
  return Uint8Array.from({ length: NODE_ID_BYTES }, (_, i) => Number.parseInt(value.slice(2 * i, 2 * i + 2), 16));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Which addresses we have nothing to do with, whoever names them: the user's blocklists today. Whatever dials, listens or is told
// of addresses asks this one question, so that every source of them can be held to it. Pure.

import type { Address } from './address.js';

export interface AddressFilter {
  /** Neither dialled, nor let in, nor handed on. The port does not matter. Cheap: asked for each address that is named. */
  blocks(address: Address): boolean;
}

export const NO_FILTER: AddressFilter = { blocks: () => false };

// How many messages of each type came and went, of one torrent (BEP 3, 5, 6, 10). Peer exchange (BEP 11) is told apart from the other extended
// messages; a `piece` that came counts whether it was expected or not, one that went when the connection took it.

import type { Message, MessageType } from '../wire/message.js';
import { OUR_PEX_ID } from './extension-ids.js';

export type CountedType = MessageType | 'pex';

export type MessageCounts = Readonly<Record<CountedType, number>>;

function nothing(): Record<CountedType, number> {
  return {
    'keep-alive': 0,
    choke: 0,
    unchoke: 0,
    interested: 0,
    'not-interested': 0,
    have: 0,
    bitfield: 0,
    request: 0,
    piece: 0,
    cancel: 0,
    port: 0,
    suggest: 0,
    'have-all': 0,
    'have-none': 0,
    reject: 0,
    'allowed-fast': 0,
    extended: 0,
    pex: 0,
    unknown: 0,
  };
}

export class MessageTally {
  readonly #received = nothing();
  readonly #sent = nothing();

  countReceived(message: Message): void {
    this.#received[message.type === 'extended' && message.id === OUR_PEX_ID ? 'pex' : message.type]++;
  }

  countReceivedBlock(): void {
    this.#received.piece++;
  }

  countSent(message: Message, { pexId }: { readonly pexId: number }): void {
    this.#sent[message.type === 'extended' && message.id !== 0 && message.id === pexId ? 'pex' : message.type]++;
  }

  countSentBlock(): void {
    this.#sent.piece++;
  }

  /** Copies. */
  counts(): { received: MessageCounts; sent: MessageCounts } {
    return { received: { ...this.#received }, sent: { ...this.#sent } };
  }
}

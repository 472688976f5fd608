// The messages of the peer protocol as values (BEP 3, BEP 6 Fast, BEP 10 extension protocol, BEP 5 port).
// Numbers are as they came from the wire: not yet checked against a torrent.

export interface BlockRange {
  readonly piece: number;
  /** Bytes from the start of the piece. */
  readonly begin: number;
  /** Bytes. */
  readonly length: number;
}

export type Message =
  | { readonly type: 'keep-alive' }
  | { readonly type: 'choke' }
  | { readonly type: 'unchoke' }
  | { readonly type: 'interested' }
  | { readonly type: 'not-interested' }
  | { readonly type: 'have'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bytes: Uint8Array }
  | ({ readonly type: 'request' } & BlockRange)
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly block: Uint8Array }
  | ({ readonly type: 'cancel' } & BlockRange)
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'suggest'; readonly piece: number }
  | { readonly type: 'have-all' }
  | { readonly type: 'have-none' }
  | ({ readonly type: 'reject' } & BlockRange)
  | { readonly type: 'allowed-fast'; readonly piece: number }
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  | { readonly type: 'unknown'; readonly id: number; readonly length: number };

export type MessageType = Message['type'];

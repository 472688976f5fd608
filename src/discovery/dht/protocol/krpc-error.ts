// Why a datagram is no message of the DHT. Stays within the DHT: it is counted, and where it was a question that can be answered at
// all, answered by an error message.

import { EffusionError } from '../../../model/error.js';

/** The numbers of BEP 5's error messages. */
export type KrpcErrorNumber = 201 | 202 | 203 | 204;

/** `transaction` is set where a query can be answered with `number`. */
export class KrpcError extends EffusionError<{ reason: string; number: KrpcErrorNumber }> {
  readonly code = 'invalid_krpc';
  readonly transaction: Uint8Array | null;

  constructor(reason: string, transaction: Uint8Array | null = null, number: KrpcErrorNumber = 203) {
    super(`not a message of the DHT: ${reason}`, { reason, number });
    this.transaction = transaction;
  }
}

// The ids under which peers are to send us extended messages (BEP 10): we choose them, name them in our extended handshake and keep
// them for ever. What a peer chose for messages to it is kept with the peer.

/** ut_metadata (BEP 9). */
export const OUR_METADATA_ID = 1;

/** ut_pex (BEP 11). */
export const OUR_PEX_ID = 2;

/** lt_donthave (BEP 54). */
export const OUR_DONTHAVE_ID = 3;

/** upload_only (BEP 21). */
export const OUR_UPLOAD_ONLY_ID = 4;

// How a connection may begin: as BEP 3 has it, in plain, or with Message Stream Encryption. The user's choice, for both directions and
// for all torrents alike, as they share one port.

/**
 * `prefer`: both ways are taken; a dial is plain first and encrypted where that gets no answer. `require`: RC4 only, in and out.
 * `off`: plain only.
 */
export type EncryptionPolicy = 'prefer' | 'require' | 'off';

export const ENCRYPTION_POLICIES: readonly EncryptionPolicy[] = ['prefer', 'require', 'off'];

// The version that peers, trackers and people are told. A test keeps it equal to package.json, which is not read: that would cost each start
// of the command.

export const VERSION = '0.1.0';

/** For HTTP and the extended handshake. */
export const USER_AGENT = `effusion/${VERSION}`;

// The version that peers, trackers and people are told. A test keeps it equal to package.json, which the bundle can't read.
// The command itself reads package.json: the file is beside it wherever it is installed.

export const VERSION = '0.1.0';

/** For HTTP and the extended handshake. */
export const USER_AGENT = `effusion/${VERSION}`;

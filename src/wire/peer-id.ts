// Peer ids (BEP 20): ours in the Azureus style, and the name of the client behind another's. Chance is passed in.
// An id is 20 bytes from a stranger: what is shown of it is printable ASCII only.

import { InvariantError } from '../model/error.js';
import { PEER_ID_BYTES, type PeerId } from '../model/ids.js';

const CLIENT_CODE = 'EF';
const PREFIX_BYTES = 8;

/** Random bytes that `makePeerId` needs. */
export const PEER_ID_RANDOM_BYTES = PEER_ID_BYTES - PREFIX_BYTES;

const CLIENTS: ReadonlyMap<string, string> = new Map([
  ['7T', 'aTorrent'],
  ['A2', 'aria2'],
  ['AG', 'Ares'],
  ['AZ', 'Vuze'],
  ['BC', 'BitComet'],
  ['BI', 'BiglyBT'],
  ['BT', 'BitTorrent'],
  ['BW', 'BitWombat'],
  ['CD', 'Enhanced CTorrent'],
  ['CT', 'CTorrent'],
  ['DE', 'Deluge'],
  ['EF', 'effusion'],
  ['FC', 'FileCroc'],
  ['FD', 'Free Download Manager'],
  ['FL', 'Flud'],
  ['FW', 'FrostWire'],
  ['GT', 'go-torrent'],
  ['HL', 'Halite'],
  ['KG', 'KGet'],
  ['KT', 'KTorrent'],
  ['LH', 'LH-ABC'],
  ['LP', 'Lphant'],
  ['LT', 'libtorrent'],
  ['LW', 'LimeWire'],
  ['ML', 'MLDonkey'],
  ['NX', 'Net Transport'],
  ['PI', 'PicoTorrent'],
  ['qB', 'qBittorrent'],
  ['RN', 'rain'],
  ['rQ', 'rqbit'],
  ['SD', 'Thunder'],
  ['SM', 'SoMud'],
  ['SZ', 'Shareaza'],
  ['TR', 'Transmission'],
  ['TT', 'TuoTu'],
  ['TX', 'Tixati'],
  ['UM', 'µTorrent for Mac'],
  ['UT', 'µTorrent'],
  ['UW', 'µTorrent Web'],
  ['WD', 'WebTorrent Desktop'],
  ['WW', 'WebTorrent'],
  ['XL', 'Xunlei'],
  ['XT', 'XanTorrent'],
  ['lt', 'libTorrent (rTorrent)'],
]);

/** `0.1.0` as the four characters of a peer id, `0100`: each number one base-36 digit, at most `z`. */
function versionDigits(version: string): string {
  const numbers = version.split(/[^0-9]+/, 4).filter((part) => part !== '');
  const digits = numbers.map((part) => Math.min(Number(part), 35).toString(36));
  return digits.join('').padEnd(4, '0');
}

/** `-EF0100-` and 12 random bytes. `version` is dotted, e.g. `0.1.0`; InvariantError where `random` is not 12 bytes. */
export function makePeerId(random: Uint8Array, version: string): PeerId {
  if (random.length !== PEER_ID_RANDOM_BYTES) {
    throw new InvariantError('a peer id needs 12 random bytes', { bytes: random.length });
  }
  const id = new Uint8Array(PEER_ID_BYTES);
  const prefix = `-${CLIENT_CODE}${versionDigits(version)}-`;
  for (let i = 0; i < PREFIX_BYTES; i++) id[i] = prefix.charCodeAt(i);
  id.set(random, PREFIX_BYTES);
  return id;
}

function isPrintable(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

/** `4630` → `4.6.3`, `4250` → `4.2.5`, `1360` → `1.3.6`: a digit each, trailing zeros beyond the second dropped. */
function formatDigits(digits: string): string {
  const numbers = Array.from(digits, (digit) => (/[0-9A-Za-z]/.test(digit) ? Number.parseInt(digit, 36) : 0));
  while (numbers.length > 2 && numbers.at(-1) === 0) numbers.pop();
  return numbers.join('.');
}

/** For people: `qBittorrent 4.6.3`, or what is printable of an unknown id. Never empty, never a control character. */
export function clientName(peerId: PeerId): string {
  let text = '';
  for (const byte of peerId) text += isPrintable(byte) ? String.fromCharCode(byte) : '.';
  const azureus = /^-([0-9A-Za-z]{2})([0-9A-Za-z]{4})[-.0-9A-Za-z]/.exec(text);
  if (azureus !== null) {
    const name = CLIENTS.get(azureus[1]);
    return name === undefined ? azureus[0].slice(1, 7) : `${name} ${formatDigits(azureus[2])}`;
  }
  // aria2 puts dashes between its numbers, Mainline too.
  const aria2 = /^A2-([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})-/.exec(text);
  if (aria2 !== null) return `aria2 ${aria2[1]}.${aria2[2]}.${aria2[3]}`;
  const mainline = /^M([0-9]{1,2})-([0-9]{1,2})-([0-9]{1,2})-/.exec(text);
  if (mainline !== null) return `Mainline ${mainline[1]}.${mainline[2]}.${mainline[3]}`;
  const prefix = text.slice(0, PREFIX_BYTES).replace(/^\.+|\.+$/g, '');
  return prefix === '' ? 'unknown' : prefix;
}

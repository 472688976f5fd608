// What differs from run to run, and from machine to machine, in what the command says: put into fixed words, so that a golden file holds all of
// the rest.

import { tmpdir } from 'node:os';

const WORDS: readonly (readonly [RegExp, string])[] = [
  // A stack, of which each release has another one.
  [/(?:^ +at .*(?:\n|$))+/gm, '    at THE STACK\n'],
  [/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT'],
  [/127\.0\.0\.1%3A\d{4,5}/g, '127.0.0.1%3APORT'],
  [/\bport \d{2,5}\b/g, 'port PORT'],
  [/\bprocess \d+/g, 'process PID'],
  [/\bpiece \d+/g, 'piece N'],
  [/\bin \d[\d.]*(?:ms|s)\b/g, 'in TIME'],
  [/\b\d+(?:\.\d+)? (?:ms|s)\b/g, 'TIME'],
  [/\b\d+(?:\.\d+)? (?:B|KiB|MiB|GiB)\/s/g, 'RATE'],
  [/\b\d+(?:\.\d+)? (?:B|KiB|MiB|GiB|TiB) free/g, 'SPACE free'],
  [/effusion\/\d+\.\d+\.\d+/g, 'effusion/VERSION'],
  [/"t":\d+/g, '"t":N'],
  [/"version":"\d+\.\d+\.\d+"/g, '"version":"VERSION"'],
  [/there are: [^."]*/g, 'there are: INTERFACES'],
  [/("(?:\w*Ms|pid|port|freeBytes|writeBytesPerSecond)": ?)\d+(?:\.\d+)?/g, '$1N'],
  // Of columns that are as wide as what stands in them.
  [/^ *(?:peer +from|127\.0\.0\.1:PORT +\w+ +\w).*$/gm, 'SQUEEZE'],
  // Whether the machine has a way to the internet: the check, its advice, and what follows from it.
  [/^(?:ok {2}|warn|fail) {2}(IPv[46]): .*(?:\n {6}\S.*)?$/gm, '....  $1: AS THE MACHINE HAS IT'],
  [/\{\s+"id": "(ipv[46])",[^}]*\}/g, '"$1 AS THE MACHINE HAS IT"'],
  [/"(ipv[46])": (?:null|"[^"]*")/g, '"$1": "AS THE MACHINE HAS IT"'],
  [/^there is no route to the internet(?= \(exit)/gm, 'nobody who could name peers answers'],
];

/** `folder`: of the run. */
export function plain(text: string, folder: string): string {
  let words = text.replaceAll(folder, 'FOLDER').replaceAll(new RegExp(`${tmpdir()}/effusion-[\\w-]+`, 'g'), 'TEMP');
  for (const [pattern, word] of WORDS) {
    words =
      word === 'SQUEEZE'
        ? words.replaceAll(pattern, (line) => line.replaceAll(/(?<=\S) {2,}/g, '  '))
        : words.replaceAll(pattern, word);
  }
  return words;
}

// That the golden files leave nothing out: every stable code of an error or a warning that the source knows is shown by one of them, and every
// message of the command that stands in the source as a literal, or a table says why not. Whoever adds one adds its golden file.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { errorCauses, EXIT_CODES } from '../../src/cli/exit-codes.js';
import { GOLDEN_FOLDER } from '../support/golden-rig.js';
import { findMessages, readSources } from '../support/message-literals.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Excuse {
  readonly why: string;
  /** The test that has it instead. */
  readonly see: string;
}

/** Codes of what never ends a run and is told in words: each has the file that declares it. */
const INNER: Readonly<Record<string, Excuse>> = {
  'src/wire/wire-error.ts': { why: 'ends the connection of one peer', see: 'test/unit/wire/message-decoder.test.ts' },
  'src/bencode/bencode-error.ts': { why: 'is what invalid_metainfo was caused by', see: 'test/unit/bencode/scan.test.ts' },
  'src/discovery/dht/protocol/krpc-error.ts': {
    why: 'is a datagram that is dropped',
    see: 'test/unit/discovery/dht/protocol/krpc.test.ts',
  },
  'src/discovery/tracker/protocol/tracker-error.ts': {
    why: 'is what came of one tracker: in words in dead-tracker.txt and the like, as a code in the event `tracker`',
    see: 'test/cli/event-sources.test.ts',
  },
  'src/io/http-error.ts': {
    why: 'is what came of one request: its words stand behind those of the tracker, the web seed or the URL',
    see: 'test/loopback/http-client.test.ts',
  },
  'src/io/udp-socket.ts': { why: 'is what came of one datagram', see: 'test/loopback/udp-socket.test.ts' },
  'src/io/proxy/socks5-messages.ts': {
    why: 'is what proxy_protocol was caused by',
    see: 'test/unit/io/proxy/socks5-handshake.test.ts',
  },
};

const LIBRARY = { why: 'only who uses the library can call for it', see: 'test/loopback/engine-library.test.ts' };
const TARGET = { why: 'is what the proxy says of one target', see: 'test/unit/io/proxy/socks5-handshake.test.ts' };

const CODES: Readonly<Record<string, Excuse>> = {
  events_dropped: { why: 'needs a reader that is slow at the right time', see: 'test/unit/cli/events/event-stream.test.ts' },
  dht_failed: { why: 'needs a machine that gives no UDP socket', see: 'test/unit/cli/events/notice-event.test.ts' },
  proxy_denied: { ...TARGET, why: 'is what the proxy says of one target, which fails alone' },
  proxy_unsupported: { ...TARGET, why: 'is what the proxy says of one target or of UDP, which fail alone' },
  target_refused: TARGET,
  target_unreachable: TARGET,
  target_timeout: TARGET,
  invalid_option: { why: 'becomes a usage_error', see: 'test/unit/storage/create.test.ts' },
  invariant_broken: { why: 'is a bug, as bug.txt shows one', see: 'test/unit/cli/report-error.test.ts' },
  not_running: LIBRARY,
  already_started: LIBRARY,
  invalid_argument: LIBRARY,
  unknown_peer: LIBRARY,
  self_connection: LIBRARY,
  duplicate_peer: LIBRARY,
  peer_ended: LIBRARY,
};

/** Messages by their text, with … for what is filled in. */
const MESSAGES: Readonly<Record<string, Excuse>> = {
  'cannot write to stdout: …': { why: 'needs a full disk behind it', see: 'test/cli/torrents.test.ts' },
  'cannot read stdin: …': { why: 'needs a stdin that fails', see: 'test/cli/error-form.test.ts' },
  '…: stopped because …: …': { why: 'needs a reader that goes away', see: 'test/cli/events.test.ts' },
  '--events: descriptor … is not open for writing': { why: 'needs a descriptor of the shell', see: 'test/cli/events.test.ts' },
  'stopping: whoever started this is gone': { why: 'needs a parent that dies', see: 'test/cli/swarm.test.ts' },
  '…: a hybrid torrent, saved without its v2 hashes: the file serves its v1 half only': {
    why: 'needs a hybrid torrent',
    see: 'test/cli/torrent-tools.test.ts',
  },
  '--name: the v2 half of this hybrid torrent names its one file too, and is left as it is': {
    why: 'needs a hybrid torrent',
    see: 'test/cli/edit.test.ts',
  },
  'the torrent could not be read afterwards: …': {
    why: 'needs an edit that reaches the limits of a torrent',
    see: 'test/unit/metainfo/torrent-edit.test.ts',
  },
  'the configuration file … is too large': { why: 'needs a large file', see: 'test/unit/cli/settings/config-file.test.ts' },
  'more than … torrents were named': { why: 'needs a list of ten thousand', see: 'test/unit/cli/torrent-list.test.ts' },
  '…: longer than … characters': { why: 'would be a page of one letter', see: 'test/unit/cli/file-spec.test.ts' },
  '…: there is a NUL in it': { why: 'can stand in no argument', see: 'test/unit/cli/results/hook-words.test.ts' },
};

const GOLDEN = readdirSync(GOLDEN_FOLDER).map((name) => readFileSync(path.join(GOLDEN_FOLDER, name), 'utf8'));

describe('codes', () => {
  const shown = new Set(
    GOLDEN.flatMap((text) =>
      Array.from(text.matchAll(/(?:^(?:error|warning) \{|"error": ?\{\s*)"code": ?"(\w+)"/gm), (match) => match[1]),
    ),
  );
  const declared = findCodes();

  test('they are found', () => {
    for (const code of ['usage_error', 'storage_failed', 'hook_failed', 'same_torrent', ...errorCauses()])
      expect(declared.has(code), code).toBe(true);
    expect(declared.get('refused')).toEqual(['src/discovery/tracker/protocol/tracker-error.ts', 'src/io/http-error.ts']);
    expect(declared.has('no_such_code')).toBe(false);
  });

  test('each is shown by a golden file, or excused', () => {
    const isExcused = (code: string, files: readonly string[]): boolean => code in CODES || files.every((file) => file in INNER);
    expect([...declared].filter(([code, files]) => !shown.has(code) && !isExcused(code, files))).toEqual([]);
  });

  test('no excuse is there that nobody needs', () => {
    expect(Object.keys(CODES).filter((code) => shown.has(code) || !declared.has(code))).toEqual([]);
    const files = new Set([...declared.values()].flat());
    expect(Object.keys(INNER).filter((file) => !files.has(file))).toEqual([]);
  });

  test('a golden file shows no code that is not', () => {
    expect([...shown].filter((code) => !declared.has(code))).toEqual([]);
  });

  test('each exit code ends one of them', () => {
    const ended = new Set(GOLDEN.flatMap((text) => Array.from(text.matchAll(/^=== exit (\d+)$/gm), (match) => Number(match[1]))));
    expect(EXIT_CODES.map(({ code }) => code).filter((code) => !ended.has(code))).toEqual([]);
  });
});

describe('messages', () => {
  const lines = GOLDEN.map((text) => readable(text)).join('\n');
  const messages = findMessages(readSources('src/cli'));
  const isShown = ({ pattern }: { readonly pattern: RegExp }): boolean => pattern.test(lines);

  test('they are found, and told from those that are not shown', () => {
    expect(messages.length).toBeGreaterThan(150);
    const made = findMessages(
      new Map([['a.ts', "throw new UsageError(`there is no command '${name}'`, ''); board.log('it never said \\'so\\'');"]]),
    );
    expect(made.map(({ text }) => text)).toEqual(["there is no command '…'", "it never said 'so'"]);
    expect(made.map(isShown)).toEqual([true, false]);
  });

  test('each is shown by a golden file, or excused', () => {
    const missing = messages.filter((message) => !isShown(message) && !(message.text in MESSAGES));
    expect(missing.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });

  test('no excuse is there that nobody needs', () => {
    const needed = new Set(messages.filter((message) => !isShown(message)).map(({ text }) => text));
    expect(Object.keys(MESSAGES).filter((text) => !needed.has(text))).toEqual([]);
  });
});

test('the tests are there that excuses name', () => {
  const named = [...Object.values(INNER), ...Object.values(CODES), ...Object.values(MESSAGES)].map(({ see }) => see);
  expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

/** What stands in a pipe and on the widest terminal, which breaks the fewest lines. */
function readable(text: string): string {
  const parts = text.split(/^(?==== )/m);
  return parts.filter((part) => !/^=== terminal, (?:40|80) columns/.test(part)).join('');
}

/** Each code, with the files that declare it: of a class, of a union of codes, of the table of exit codes, of a warning. */
function findCodes(): Map<string, string[]> {
  const codes = new Map<string, string[]>();
  const add = (code: string, file: string): void => {
    codes.set(code, [...(codes.get(code) ?? []), file]);
  };
  const table = 'src/cli/exit-codes.ts';
  for (const code of ['bug', ...errorCauses()]) add(code, table);
  for (const [file, source] of readSources('src')) {
    for (const match of source.matchAll(/\breadonly code = '(\w+)'|(?:(?<!\.)\bwarning\(|event: 'warning', code: )'(\w+)'/g))
      add(match[1] ?? match[2], file);
    for (const [, union] of source.matchAll(/^(?:export )?type \w*ErrorCode =([^;]*);/gm)) {
      for (const [, code] of union.matchAll(/'(\w+)'/g)) add(code, file);
    }
  }
  return codes;
}

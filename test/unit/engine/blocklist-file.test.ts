import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { BlocklistError, loadBlocklists } from '../../../src/engine/blocklist-file.js';
import { CONFIG } from '../../../src/engine/config.js';
import { createAddress, type Address } from '../../../src/model/address.js';
import { makeTempFolder } from '../../support/temp-folder.js';

async function put(content: string | Uint8Array): Promise<string> {
  const file = path.join(await makeTempFolder(), 'list');
  await writeFile(file, content);
  return file;
}

const at = (host: string): Address => createAddress(host, 1) as Address;

async function refusal(file: string): Promise<string> {
  const error = await loadBlocklists([file]).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(BlocklistError);
  expect(error).toMatchObject({ code: 'invalid_blocklist', detail: { path: file } });
  return (error as Error).message.replace(file, 'FILE');
}

test('several files are one filter, gzip or not, longer than what is read at once', async () => {
  const long = Array.from({ length: 40_000 }, (_, i) => `name ${i}:10.${i >> 8}.${i & 255}.7-10.${i >> 8}.${i & 255}.9`);
  const files = [await put(long.join('\n')), await put(gzipSync(`2001:db8::/32\nwhat\r\n${long.join('\n')}`))];
  const { filter, rangeCount, reports } = await loadBlocklists(files);
  expect(rangeCount).toBe(40_001);
  expect(reports).toEqual([
    { path: files[0], goodLines: 40_000, badLines: 0, firstBad: null },
    { path: files[1], goodLines: 40_001, badLines: 1, firstBad: { number: 2, text: 'what' } },
  ]);
  expect(['10.0.0.7', '10.156.63.9', '2001:db8::1', '10.0.0.6'].map((host) => filter.blocks(at(host)))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('members of gzip one after the other are one file', async () => {
  const file = await put(Buffer.concat([gzipSync('1.1.1.1\n1.1'), gzipSync('.1.3\n')]));
  expect((await loadBlocklists([file])).rangeCount).toBe(2);
});

test('a list whose lines all let in is no error, and blocks nobody', async () => {
  const { filter, rangeCount } = await loadBlocklists([await put('1.1.1.1 - 1.1.1.9 , 200 , friends')]);
  expect([rangeCount, filter.blocks(at('1.1.1.1'))]).toEqual([0, false]);
});

test('what cannot be used is an error that names it', async () => {
  const folder = await makeTempFolder();
  expect(await refusal(path.join(folder, 'none'))).toContain('there is no such file (ENOENT)');
  expect(await refusal(folder)).toContain('it is a folder (EISDIR)');
  expect(await refusal(await put(''))).toBe('the blocklist FILE holds nothing usable: it is empty');
  expect(await refusal(await put('# only\n\n# comments'))).toBe('the blocklist FILE holds nothing usable: it is empty');
  expect(await refusal(await put('<html>\n'))).toContain('no line of it is understood, such as line 1: <html>');
  const packed = gzipSync('1.2.3.4\n'.repeat(1000));
  expect(await refusal(await put(packed.subarray(0, -10)))).toContain('its gzip is cut short (Z_BUF_ERROR)');
  expect(await refusal(await put(packed.fill(0x77, 12, 20)))).toContain('its gzip is broken (Z_DATA_ERROR)');
});

test('a gzip that unpacks without an end is given up', async () => {
  const line = `${'#'.repeat(4095)}\n`;
  const bomb = gzipSync(line.repeat(1 + CONFIG.blocklist.maxBytes / line.length), { level: 9 });
  expect(bomb.length).toBeLessThan(2_000_000);
  expect(await refusal(await put(bomb))).toContain(`is larger than ${CONFIG.blocklist.maxBytes} bytes, unpacked`);
});

// The page of `effusion stream` as a person sees it: a real browser shows its names, sizes and links, on a wide window and on a phone, and has
// nothing to complain about.

import { expect, test } from 'vitest';
import { openInBrowser } from '../support/browser.js';
import { startEffusion } from '../support/effusion-command.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['chromium'], 'the page of stream in a browser', () => {
  test('names, sizes and links, and nothing on the console', { timeout: 90_000 }, async () => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm);
    const args = ['stream', swarm.torrent.path, '--only-peers', '--peer', `127.0.0.1:${port}`];
    const stream = startEffusion(args, { timeoutMs: 90_000 });
    const [url] = await stream.outputMatching(/^http:\S+$/m);
    for (const width of [1280, 390]) {
      const { page, complaints, end } = await openInBrowser(url, width);
      expect(end.code, end.stderr).toBe(0);
      expect(complaints).toEqual([]);
      expect(page).toContain(`<h1 dir="auto">${payload.name}</h1>`);
      expect(page.match(/<a href="\/\d+\//g)).toHaveLength(payload.files.length);
      expect(page).toContain('<td class="size" title="1234567 bytes">1.2 MiB</td>');
    }
  });
});

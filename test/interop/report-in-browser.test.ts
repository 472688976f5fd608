// `--report` as a person sees it: a real browser opens the page of a real download, and has nothing to complain about.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openInBrowser } from '../support/browser.js';
import { runEffusion } from '../support/effusion-command.js';
import { describeWith } from '../support/real-peers.js';
import { prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';
import { makeTempFolder } from '../support/temp-folder.js';

describeWith(['chromium'], 'a report in a browser', () => {
  test('a download that went well: speeds, pieces and peers, and nothing on the console', async () => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm);
    const report = join(swarm.leechFolder, '..', 'report.html');
    const from = ['--no-trackers', '--peer', `127.0.0.1:${port}`];
    const end = await runEffusion(['download', swarm.torrent.path, '-o', swarm.leechFolder, ...from, '--report', report]);
    expect(end.code, end.stderr).toBe(0);
    const { page, complaints, end: browser } = await openInBrowser(pathToFileURL(report).href);
    expect(browser.code, browser.stderr).toBe(0);
    expect(complaints).toEqual([]);
    expect(page).toContain('whole and verified');
    expect(page).toContain(`127.0.0.1:${port}`);
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page.match(/class="came"/g)?.length).toBeGreaterThan(10);
  }, 90_000);

  test('one that failed has a page too, which says why', async () => {
    const folder = await makeTempFolder();
    const report = join(folder, 'report.html');
    const end = await runEffusion(['download', join(folder, 'none.torrent'), '--report', report]);
    expect(end.code).toBe(3);
    const { page, complaints } = await openInBrowser(pathToFileURL(report).href);
    expect(complaints).toEqual([]);
    expect(page).toContain('there is no such file');
    expect(await readFile(report, 'utf8')).toContain('</html>');
  }, 90_000);
});

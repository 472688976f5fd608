// A real browser for pages of ours: headless chromium, in a profile that is gone afterwards.

import { startChild, type ChildEnd } from './child-process.js';
import { makeTempFolder } from './temp-folder.js';

export interface OpenedPage {
  /** The document as the browser has it. */
  readonly page: string;
  /** What it said on its console. */
  readonly complaints: string[];
  readonly end: ChildEnd;
}

/** `width`: of the window, in pixels. */
export async function openInBrowser(url: string, width = 1280): Promise<OpenedPage> {
  const profile = await makeTempFolder();
  const child = startChild(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      `--user-data-dir=${profile}`,
      `--window-size=${width},800`,
      '--enable-logging=stderr',
      '--dump-dom',
      url,
    ],
    { timeoutMs: 60_000 },
  );
  const end = await child.ended;
  const complaints = end.stderr.split('\n').filter((line) => line.includes(':CONSOLE'));
  return { page: end.stdout, complaints, end };
}

// A signal while the hook of a failed download runs, on the real command: the run has failed already, and only the hook is left to end.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type CliBuild } from '../support/cli-build.js';
import { makeTempFolder } from '../support/temp-folder.js';

let cli: CliBuild;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.remove());

test("it is answered at once, and is the hook's too", async () => {
  const hook = `sh -c "echo begun; trap 'echo heard; exit 0' TERM; while :; do sleep 0.01; done"`;
  const child = cli.start(['download', 'gone.torrent', '--exec-error', hook], { cwd: await makeTempFolder() });
  await child.outputMatching(/^begun$/m);
  child.kill('SIGTERM');
  const end = await child.ended;
  expect(end.code).toBe(3);
  expect(end.stderr.match(/^(?:stopping|heard).*$/gm)).toEqual(['stopping (SIGTERM); once more to stop at once', 'heard']);
});

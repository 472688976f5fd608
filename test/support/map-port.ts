// Run behind a real router by an interop test: maps a port by one protocol, says so in the words of the command, and gives it back
// when it is told to end.

import { describePortMapping } from '../../src/cli/render/port-text.js';
import { CONFIG } from '../../src/engine/config.js';
import { createRandom } from '../../src/model/random.js';
import { PortForwarding } from '../../src/net/port-mapping/port-forwarding.js';
import type { MappingProtocol } from '../../src/net/port-mapping/protocol/mapping-terms.js';

const [protocol, port] = process.argv.slice(2);
const forwarding = new PortForwarding({
  port: Number(port),
  protocols: [protocol as MappingProtocol],
  limits: CONFIG.portMapping,
  userAgent: 'effusion-test',
  random: createRandom(1),
  onNotice: (notice) => console.log(describePortMapping(notice)),
});
process.on('SIGTERM', () => {
  void forwarding.stop(5000).then(() => process.exit(0));
});
// Keeps the process until then.
setTimeout(() => process.exit(1), 60_000);

// An Internet Gateway Device on loopback (UPnP): answers searches by datagram, and describes itself and maps ports over HTTP. Not made of
// our messages. It refuses, lies and dawdles where it is asked to.

import { createSocket, type Socket } from 'node:dgram';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { createAddress, type Address } from '../../src/model/address.js';

interface FakeIgdOptions {
  /** In place of its own. */
  readonly location?: string;
  readonly description?: string;
  /** Ports that somebody else has. */
  readonly taken?: readonly number[];
  /** Code of the refusal of any mapping with a lease. */
  readonly isPermanentOnly?: boolean;
  readonly externalHost?: string;
  /** It takes connections and says nothing. */
  isSilent?: boolean;
}

const TYPE = 'urn:schemas-upnp-org:service:WANIPConnection:1';

function describe(controlUrl: string): string {
  return (
    '<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0"><device><friendlyName>Box &amp; Co</friendlyName>' +
    '<deviceList><device><deviceList><device><serviceList>' +
    `<service><serviceType>urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType><controlURL>/common</controlURL></service>` +
    `<service><serviceType>${TYPE}</serviceType><controlURL>${controlUrl}</controlURL></service>` +
    '</serviceList></device></deviceList></device></deviceList></device></root>'
  );
}

export class FakeIgd {
  readonly options: FakeIgdOptions;
  /** `tcp 6881` → `host:port, lease`. */
  readonly mappings = new Map<string, string>();
  /** `search`, `GET /d.xml`, `AddPortMapping tcp 6881`, … */
  readonly received: string[] = [];
  readonly #udp: Socket = createSocket('udp4');
  readonly #http: Server;
  readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];

  private constructor(options: FakeIgdOptions) {
    this.options = options;
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#udp.on('message', (packet, from) => {
      const text = packet.toString();
      if (!text.startsWith('M-SEARCH * HTTP/1.1\r\n') || !text.includes('MAN: "ssdp:discover"\r\n') || !text.endsWith('\r\n\r\n'))
        return;
      this.#note('search');
      const target = /\r\nST: (.*)\r\n/.exec(text)?.[1] ?? '';
      if (!target.endsWith(':InternetGatewayDevice:1')) return;
      const location = this.options.location ?? `${this.url}/d.xml`;
      this.#udp.send(
        `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: ${target}\r\nLocation: ${location}\r\n\r\n`,
        from.port,
        from.address,
      );
    });
  }

  /** Ends with the running test. */
  static async open(options: FakeIgdOptions = {}): Promise<FakeIgd> {
    const igd = new FakeIgd(options);
    await new Promise<void>((resolve) => igd.#udp.bind(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => {
      igd.#http.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(async () => {
      igd.#http.closeAllConnections();
      await new Promise<void>((resolve) => igd.#http.close(() => resolve()));
      await new Promise<void>((resolve) => igd.#udp.close(() => resolve()));
    });
    return igd;
  }

  get searchAt(): Address {
    return createAddress('127.0.0.1', this.#udp.address().port) as Address;
  }

  get url(): string {
    const address = this.#http.address();
    if (address === null || typeof address === 'string') throw new Error('the device has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Resolves when something like it has come. */
  heard(pattern: RegExp): Promise<void> {
    if (this.received.some((line) => pattern.test(line))) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  #note(line: string): void {
    this.received.push(line);
    for (const { pattern, resolve } of this.#waiting) if (pattern.test(line)) resolve();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const send = (status: number, text: string): void => {
      if (this.options.isSilent !== true) response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    };
    if (request.method === 'GET') {
      this.#note(`GET ${request.url}`);
      send(200, this.options.description ?? describe('/ctl'));
      return;
    }
    const action = /^"(.*)#(\w+)"$/.exec(String(request.headers.soapaction));
    const isWellFormed =
      action?.[1] === TYPE && body.includes(`<u:${action[2]} xmlns:u="${TYPE}">`) && request.headers['content-length'];
    if (request.url !== '/ctl' || !isWellFormed) {
      send(400, '');
      return;
    }
    const value = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    const [kind, port] = [value('NewProtocol').toLowerCase(), value('NewExternalPort')];
    this.#note(`${action[2]} ${kind} ${port}`.trim());
    const [status, inner] = this.#perform(action[2], kind, port, value);
    const envelope = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"';
    send(status, `<?xml version="1.0"?>\n<s:Envelope ${envelope}>\n<s:Body>${inner}</s:Body></s:Envelope>`);
  }

  #perform(action: string, kind: string, port: string, value: (name: string) => string): [number, string] {
    const refuse = (code: number): [number, string] => [
      500,
      `<s:Fault><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode></UPnPError></detail></s:Fault>`,
    ];
    const { taken = [], isPermanentOnly = false, externalHost = '203.0.113.5' } = this.options;
    let out = '';
    if (action === 'GetExternalIPAddress') out = `<NewExternalIPAddress>${externalHost}</NewExternalIPAddress>`;
    else if (action === 'AddPortMapping') {
      if (taken.includes(Number(port))) return refuse(718);
      if (isPermanentOnly && value('NewLeaseDuration') !== '0') return refuse(725);
      this.mappings.set(
        `${kind} ${port}`,
        `${value('NewInternalClient')}:${value('NewInternalPort')}, ${value('NewLeaseDuration')}`,
      );
    } else if (action !== 'DeletePortMapping') return refuse(401);
    else if (!this.mappings.delete(`${kind} ${port}`)) return refuse(714);
    return [200, `<u:${action}Response xmlns:u="${TYPE}">${out}</u:${action}Response>`];
  }
}

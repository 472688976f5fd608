// An HTTP proxy for tests, on 127.0.0.1: CONNECT, and GET of whole URLs. It keeps what it was asked for, and looks names up in a table.

import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface HttpProxyOptions {
  /** `user:password`. */
  readonly login?: string;
  /** Instead of a tunnel. */
  readonly connectStatus?: number;
  readonly hosts?: Readonly<Record<string, string>>;
}

export interface HttpProxy {
  readonly port: number;
  /** `CONNECT HOST:PORT` and `GET URL`, in their order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const expected = options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString('base64')}`;
  const lookUp = (host: string): string => options.hosts?.[host] ?? host;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const url = new URL(incoming.url ?? '');
    if (incoming.headers['proxy-authorization'] !== expected) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end();
      return;
    }
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    request({ host: lookUp(url.hostname), port: url.port, path: `${url.pathname}${url.search}`, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    })
      .on('error', () => response.writeHead(502).end())
      .end();
  });
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.on('connect', (incoming, stream, head) => {
    const socket = stream as Socket;
    asked.push(`CONNECT ${incoming.url}`);
    const end = (status: number): void => void socket.end(`HTTP/1.1 ${status} no\r\nContent-Length: 0\r\n\r\n`);
    if (incoming.headers['proxy-authorization'] !== expected) {
      end(407);
      return;
    }
    if (options.connectStatus !== undefined) {
      end(options.connectStatus);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const target = connect({ host: lookUp(hostname.replace(/^\[|\]$/g, '')), port: Number(port === '' ? 80 : port) });
    keep(target);
    target.once('error', () => end(502));
    target.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) target.write(head);
      socket.pipe(target).pipe(socket);
      socket.on('close', () => target.destroy());
      target.on('close', () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

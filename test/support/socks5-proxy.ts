// A SOCKS5 proxy for tests, on 127.0.0.1: with or without a login, well-behaved or failing in ways that are asked for. It keeps what it was
// asked for, and looks names up in a table of its own.

import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Socks5ProxyOptions {
  readonly login?: { readonly user: string; readonly password: string };
  /** Instead of what it would answer to a request. */
  readonly replyCode?: number;
  /** Says nothing: from the beginning, or once it is asked for something. */
  readonly stalls?: 'greeting' | 'request';
  /** One byte at a time, the handshake at least. */
  readonly drips?: boolean;
  /** Hangs up instead of answering a request. */
  readonly hangsUp?: boolean;
  readonly hosts?: Readonly<Record<string, string>>;
  /** Carries no datagrams. */
  readonly isTcpOnly?: boolean;
}

export interface Socks5Proxy {
  readonly port: number;
  /** `connect HOST:PORT`, `associate` and `udp HOST:PORT`, in their order. */
  readonly asked: readonly string[];
  /** Ends the connections of associations, and with them the associations. */
  endAssociations(): void;
  /** What anybody gets who is associated: raw bytes of the relay. */
  inject(bytes: Uint8Array): void;
  close(): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly length: number;
}

export async function startSocks5Proxy(options: Socks5ProxyOptions = {}): Promise<Socks5Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const relays = new Set<{ control: Socket; inject: (bytes: Uint8Array) => void }>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    void converse(socket).catch(() => socket.destroy());
  });

  const converse = async (socket: Socket): Promise<void> => {
    const input = new Input(socket);
    const say = async (...bytes: number[]): Promise<void> => {
      if (options.drips !== true) {
        socket.write(Uint8Array.from(bytes));
        return;
      }
      for (const byte of bytes) {
        socket.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const [version, count] = await input.take(2);
    if (version !== 5) throw new Error('no SOCKS5');
    const methods = await input.take(count);
    if (options.stalls === 'greeting') return;
    if (options.login === undefined) await say(5, 0);
    else {
      if (!methods.includes(2)) {
        await say(5, 0xff);
        socket.end();
        return;
      }
      await say(5, 2);
      const [, userLength] = await input.take(2);
      const user = new TextDecoder().decode(await input.take(userLength));
      const [passwordLength] = await input.take(1);
      const password = new TextDecoder().decode(await input.take(passwordLength));
      const isRight = user === options.login.user && password === options.login.password;
      await say(1, isRight ? 0 : 1);
      if (!isRight) {
        socket.end();
        return;
      }
    }
    const [, command] = await input.take(3);
    const head = await input.take(2);
    const more = await input.take(placeLength(head) - 2);
    const { host, port } = readPlace(Uint8Array.of(...head, ...more));
    asked.push(command === 3 ? 'associate' : `connect ${host}:${port}`);
    if (options.stalls === 'request') return;
    if (options.hangsUp === true) {
      socket.destroy();
      return;
    }
    const refuse = async (code: number): Promise<void> => {
      await say(5, code, 0, 1, 0, 0, 0, 0, 0, 0);
      socket.end();
    };
    if (options.replyCode !== undefined) await refuse(options.replyCode);
    else if (command === 3 && options.isTcpOnly === true) await refuse(7);
    else if (command === 3) await relay(socket, say);
    else {
      const target = connect({ host: options.hosts?.[host] ?? host, port });
      keep(target);
      const failed = await new Promise<boolean>((resolve) => {
        target.once('connect', () => resolve(false));
        target.once('error', () => resolve(true));
      });
      if (failed) {
        await refuse(5);
        return;
      }
      await say(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
      input.release();
      socket.pipe(target).pipe(socket);
      socket.on('close', () => target.destroy());
      target.on('close', () => socket.destroy());
    }
  };

  const relay = async (control: Socket, say: (...bytes: number[]) => Promise<void>): Promise<void> => {
    const near = createSocket('udp4');
    const far = createSocket('udp4');
    await new Promise<void>((resolve) => near.bind(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => far.bind(0, '127.0.0.1', resolve));
    let client: AddressInfo | null = null;
    near.on('message', (message, from) => {
      client = { address: from.address, port: from.port, family: from.family };
      const { host, port, length } = readPlace(message.subarray(3));
      asked.push(`udp ${host}:${port}`);
      far.send(message.subarray(3 + length), port, options.hosts?.[host] ?? host);
    });
    const inject = (bytes: Uint8Array): void => {
      if (client !== null) near.send(bytes, client.port, client.address);
    };
    far.on('message', (message, { address, port }) => {
      inject(Uint8Array.of(0, 0, 0, 1, ...address.split('.').map(Number), port >> 8, port & 255, ...message));
    });
    const entry = { control, inject };
    relays.add(entry);
    control.on('close', () => {
      relays.delete(entry);
      near.close();
      far.close();
    });
    const { port } = near.address();
    await say(5, 0, 0, 1, 0, 0, 0, 0, port >> 8, port & 255);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    endAssociations: () => {
      for (const { control } of relays) control.destroy();
    },
    inject: (bytes) => {
      for (const entry of relays) entry.inject(bytes);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Type, address and port, of what begins with the type and one byte more. */
function placeLength(head: Uint8Array): number {
  return head[0] === 1 ? 7 : head[0] === 4 ? 19 : 2 + head[1] + 2;
}

function readPlace(bytes: Uint8Array): Place {
  const length = placeLength(bytes);
  const port = (bytes[length - 2] << 8) | bytes[length - 1];
  const body = bytes.subarray(1, length - 2);
  if (bytes[0] === 1) return { host: body.join('.'), port, length };
  if (bytes[0] === 3) return { host: new TextDecoder().decode(body.subarray(1)), port, length };
  const groups = Array.from({ length: 8 }, (_, i) => ((body[2 * i] << 8) | body[2 * i + 1]).toString(16));
  return { host: groups.join(':'), port, length };
}

/** So many bytes of a socket at a time; rejects at its end. */
class Input {
  readonly #socket: Socket;
  #bytes = new Uint8Array();
  #isEnded = false;
  #wake = (): void => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.once('close', () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes = Uint8Array.of(...this.#bytes, ...chunk);
    this.#wake();
  };

  async take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length < count) {
      if (this.#isEnded) throw new Error('it hung up');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  /** What comes from now on is somebody else's. */
  release(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes);
  }
}

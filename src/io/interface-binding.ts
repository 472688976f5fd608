// One network interface, by its name or an address of it, that everything is bound to: a VPN that goes down must take the download with it and
// not hand it to the open line. Which interfaces there are is asked of a function, so that a test can let one vanish.

import { createAddress, type Address } from '../model/address.js';
import { EffusionError } from '../model/error.js';

/** As `os.networkInterfaces` has it. */
export type InterfaceList = () => Readonly<Record<string, readonly { readonly address: string }[] | undefined>>;

/** It is not there, or not any more. */
export class InterfaceError extends EffusionError<{ interface: string; known: readonly string[] }> {
  readonly code = 'interface_gone';
}

/** The address of ours for a connection of that family; null: none. */
export type LocalAddress = (family: Address['family']) => string | null;

/** In a message. */
const MAX_NAMED = 10;

type Addresses = Readonly<Partial<Record<Address['family'], string>>>;

export class InterfaceBinding {
  readonly #name: string;
  readonly #list: InterfaceList;
  readonly #addresses: Addresses;

  private constructor(name: string, list: InterfaceList, addresses: Addresses) {
    this.#name = name;
    this.#list = list;
    this.#addresses = addresses;
  }

  /** `name`: of an interface, or an address of one. Throws InterfaceError where there is none. */
  static open(name: string, list: InterfaceList): InterfaceBinding {
    const addresses = find(name, list);
    if (addresses !== null) return new InterfaceBinding(name, list, addresses);
    const known = Object.keys(list());
    const there = known.slice(0, MAX_NAMED).join(', ');
    throw new InterfaceError(`there is no network interface ${name} with an address, there are: ${there}`, {
      interface: name,
      known,
    });
  }

  readonly localAddress: LocalAddress = (family) => this.#addresses[family] ?? null;

  /** Null while all of its addresses are there that were at the start; what is bound to one that has gone is dead, or leaks. */
  check(): InterfaceError | null {
    const now = find(this.#name, this.#list);
    const isSame = now !== null && now[4] === this.#addresses[4] && now[6] === this.#addresses[6];
    if (isSame) return null;
    const what = now === null ? 'has gone' : 'has another address now';
    const known = Object.keys(this.#list());
    return new InterfaceError(`the network interface ${this.#name} ${what}`, { interface: this.#name, known });
  }
}

function find(name: string, list: InterfaceList): Addresses | null {
  const all = list();
  const wanted = createAddress(name, 1);
  const named = Object.hasOwn(all, name) ? (all[name] ?? []) : [];
  const hosts = wanted === null ? named : Object.values(all).flatMap((entries) => entries ?? []);
  const addresses: { [family in Address['family']]?: string } = {};
  for (const entry of hosts) {
    const address = createAddress(entry.address, 1);
    // One of the link needs its zone to be bound, and leads nowhere else.
    if (address === null || (address.family === 6 && /^fe[89ab]/.test(address.host))) continue;
    if (wanted === null || wanted.host === address.host) addresses[address.family] ??= address.host;
  }
  return addresses[4] === undefined && addresses[6] === undefined ? null : addresses;
}

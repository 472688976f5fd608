// File systems that the kernel makes up: what is in /proc and /sys has no size that can be believed, changes while it is read, has effects
// when it is read, and may have no end. It is nobody's data. Linux only: elsewhere the numbers of statfs mean other things.

import { statfs } from 'node:fs/promises';

/** By the numbers of statfs(2). */
const KERNEL_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
  [0x1cd1, 'devpts'],
  [0x27e0eb, 'cgroup'],
  [0x63677270, 'cgroup2'],
  [0x64626720, 'debugfs'],
  [0x74726163, 'tracefs'],
  [0x73636673, 'securityfs'],
  [0xf97cff8c, 'selinuxfs'],
  [0xcafe4a11, 'bpf'],
  [0x6165676c, 'pstore'],
  [0x62656570, 'configfs'],
  [0xde5e81e4, 'efivarfs'],
  [0x19800202, 'mqueue'],
  [0x42494e4d, 'binfmt_misc'],
  [0x6e736673, 'nsfs'],
  [0x65735543, 'fusectl'],
]);

/** The name of the kernel's own file system that this lies in; null where it lies in another, or nobody can say. */
export async function kernelFileSystemOf(location: string): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  try {
    const { type } = await statfs(location);
    return KERNEL_FILE_SYSTEMS.get(type >>> 0) ?? null;
  } catch {
    return null;
  }
}

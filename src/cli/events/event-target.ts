// Where events go: a descriptor that the caller opened, or a file. Node has descriptors of its own under low numbers, and writing into one
// of those would end badly, so they are told apart from the caller's. A pipe is opened once more so that it never blocks us:
// that leaves the flags of the caller's descriptor, which others share, as they are.

import { constants, fstatSync, openSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { CommandError } from '../command-error.js';
import { unwritableReason } from '../file-reason.js';
import { UsageError } from '../usage-error.js';
import { STDOUT_TARGET } from './events-argument.js';

export interface EventTarget {
  readonly fd: number;
  /** Then nothing else may go there. */
  readonly isStdout: boolean;
}

const STDOUT = 1;
const DESCRIPTORS = '/proc/self/fd';

/** Throws UsageError where it is no open descriptor, and CommandError (`output_failed`) where the file can't be made. */
export function openEventTarget(target: string): EventTarget {
  if (target === STDOUT_TARGET || target === '/dev/stdout') return openDescriptor(STDOUT);
  if (/^[0-9]{1,9}$/.test(target)) return openDescriptor(Number(target));
  if (target === '') throw new UsageError('--events= names nothing', 'Write --events for stdout, --events=3 or --events=FILE.');
  try {
    return { fd: openSync(target, 'w'), isStdout: false };
  } catch (error) {
    const why = unwritableReason(target, error);
    const hint = 'Name another with --events=FILE.';
    throw new CommandError('output_failed', `--events: cannot write ${target}: ${why}`, hint, { cause: error });
  }
}

function openDescriptor(fd: number): EventTarget {
  const hint = `Open it in the shell: effusion … --events=${fd} ${fd}>events.jsonl`;
  if (fd === 0) throw new UsageError('--events: descriptor 0 is stdin', 'Use --events=3 3>FILE, or --events=FILE.');
  let isPipe = false;
  try {
    isPipe = fstatSync(fd).isFIFO();
  } catch {
    throw new UsageError(`--events: descriptor ${fd} is not open`, hint);
  }
  if (fd > 2 && isOfNode(fd)) throw new UsageError(`--events: descriptor ${fd} is not open`, hint);
  try {
    writeSync(fd, new Uint8Array(0));
  } catch (error) {
    // EPIPE and the like show with the first line.
    if ((error as NodeJS.ErrnoException).code === 'EBADF')
      throw new UsageError(`--events: descriptor ${fd} is not open for writing`, hint);
  }
  return { fd: isPipe ? openUnblocked(fd) : fd, isStdout: fd === STDOUT };
}

/** The same pipe, where the system can do that. */
function openUnblocked(fd: number): number {
  try {
    return openSync(`${DESCRIPTORS}/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

/** Polling and the like have no type of file; of a pipe that is Node's own both ends are here. */
function isOfNode(fd: number): boolean {
  const link = linkOf(fd);
  if (link === null) return false;
  if (link.startsWith('anon_inode:')) return true;
  if (!link.startsWith('pipe:')) return false;
  try {
    return readdirSync(DESCRIPTORS).some((other) => other !== String(fd) && linkOf(other) === link && !canWrite(Number(other)));
  } catch {
    return false;
  }
}

function linkOf(fd: number | string): string | null {
  try {
    return readlinkSync(`${DESCRIPTORS}/${fd}`);
  } catch {
    return null;
  }
}

function canWrite(fd: number): boolean {
  try {
    writeSync(fd, new Uint8Array(0));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EBADF';
  }
}

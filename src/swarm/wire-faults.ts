// What the seeders of `effusion swarm` may be told to do wrong on the wire, each as a share of 0 … 1. The session behind it is an
// honest one and hears nothing of it: the faults are done to what it says, on its way out.

export interface WireFaults {
  /** Of the blocks sent: they have one wrong byte, somewhere. */
  readonly corruptShare?: number;
  /** Of the blocks asked for: they never come; and of the connections: they are cut after a few blocks. */
  readonly dropShare?: number;
  /** Of the time: nobody is unchoked. 1: nobody ever is. */
  readonly chokeShare?: number;
}

export function hasFaults({ corruptShare = 0, dropShare = 0, chokeShare = 0 }: WireFaults): boolean {
  return corruptShare > 0 || dropShare > 0 || chokeShare > 0;
}

// Time is an argument, never something a pure module asks for. `Millis` counts from an arbitrary
// origin and never goes back (the engine feeds it a monotonic clock), so only differences mean anything.

/** Milliseconds since an arbitrary origin; monotonic. */
export type Millis = number;

export const SECOND: Millis = 1000;

// By which of our addresses the internet is reached, for each family, as the client's way out has it. Nothing is looked at behind a
// proxy: whatever it reaches is its own affair.

import { routeFrom } from '../io/route-check.js';
import type { Egress } from './egress.js';

/** Numeric; null: there is no way. */
export interface RouteFacts {
  readonly v4?: string | null;
  readonly v6?: string | null;
}

export async function routesOf({ allowsDirect, localAddress }: Egress): Promise<RouteFacts> {
  if (!allowsDirect) return {};
  const look = (family: 4 | 6): Promise<string | null> => {
    const bound = localAddress?.(family);
    // The interface has no address of that family.
    return bound === null ? Promise.resolve(null) : routeFrom(family, bound);
  };
  const [v4, v6] = await Promise.all([look(4), look(6)]);
  return { v4, v6 };
}

// The order that a plan asks for: one for all pieces where they are of one level, else one for each level. Without a plan it is the
// picker alone, as there is nothing to be gained by a layer around it.

import type { Random } from '../model/random.js';
import { LevelOrder } from './level-order.js';
import type { PieceOrder } from './piece-order.js';
import { PiecePicker } from './piece-picker.js';
import type { PiecePlan } from './piece-plan.js';
import { SequentialOrder } from './sequential-order.js';

export function createPieceOrder(pieceCount: number, random: Random, plan: PiecePlan | null): PieceOrder {
  if (plan === null) return new PiecePicker(pieceCount, random);
  const create = (): PieceOrder => (plan.isSequential ? new SequentialOrder(pieceCount) : new PiecePicker(pieceCount, random));
  const used = new Set(plan.levels);
  return used.size <= 1 ? create() : new LevelOrder(plan.levels, create);
}

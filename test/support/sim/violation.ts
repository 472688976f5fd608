// Something the simulated swarm must never show. The message names the rule, the detail what broke it.

export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, detail: Record<string, unknown> = {}) {
    super(`${rule} ${JSON.stringify(detail)}`);
    this.name = 'Violation';
    this.rule = rule;
  }
}

export function must(condition: boolean, rule: string, detail: () => Record<string, unknown> = () => ({})): asserts condition {
  if (!condition) throw new Violation(rule, detail());
}

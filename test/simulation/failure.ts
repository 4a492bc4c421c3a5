/** What a simulation throws when a rule does not hold. */

export class RuleBroken extends Error {
  override readonly name = 'RuleBroken'
  readonly rule: string

  constructor(rule: string, what: string) {
    super(`[${rule}] ${what}`)
    this.rule = rule
  }
}

/** @throws RuleBroken unless the condition holds */
export function assertHolds(rule: string, condition: boolean, describe: () => string): never | void {
  if (!condition) throw new RuleBroken(rule, describe())
}

/**
 * `@field` and `@action()`. They only record names, so they work in both dialects: the standard one and TypeScript's
 * `experimentalDecorators`.
 */

export interface ActionOptions {
  /** Other turns run at each `await` if false. Default true. */
  readonly atomic?: boolean
  /** On a rebase, run again (`'replay'`, the default) or put the recorded outcome on top (`'patches'`). */
  readonly rebase?: 'replay' | 'patches'
  /** The turn is rolled back when it takes longer. Default 30,000. */
  readonly timeoutMs?: number
  /** Whether calls can be undone. Default true; say false where that would get round what the action checks. */
  readonly undo?: boolean
}

interface Declared {
  readonly fields: Set<string>
  readonly actions: Map<string, ActionOptions>
}

type Class = abstract new (...args: never[]) => object

const declaredByClass = new WeakMap<object, Declared>()

/** Marks a property as state: kept, the same for everyone, and a signal in tabs. */
export function field(target: undefined, context: ClassFieldDecoratorContext<object>): void
export function field(target: object, name: string): void
export function field(target: object | undefined, at: string | ClassFieldDecoratorContext<object>): void {
  if (typeof at === 'string') return void declared((target as object).constructor).fields.add(at)
  const name = publicName(at, '@field', 'property')
  at.addInitializer(function (this: object) {
    declared(this.constructor).fields.add(name)
  })
}

interface ActionDecorator {
  // The receiver is the user's class, which no constraint here may narrow; any method will do.
  // oxlint-disable-next-line typescript/no-explicit-any, typescript/no-unnecessary-type-parameters
  <A extends unknown[], R>(method: (this: any, ...args: A) => R, context: ClassMethodDecoratorContext): void
  // oxlint-disable-next-line typescript/no-explicit-any
  (target: object, name: string, descriptor: TypedPropertyDescriptor<(...args: any[]) => any>): void
}

/**
 * Marks a method that tabs may call. It runs alone, atomically, and on another device's commits may run again before it
 * is confirmed: what it does outside `this` may then happen more than once.
 */
export function action(options: ActionOptions = {}): ActionDecorator {
  return (target: object, at: string | ClassMethodDecoratorContext) => {
    if (typeof at === 'string') return void declared(target.constructor).actions.set(at, options)
    const name = publicName(at, '@action()', 'method')
    at.addInitializer(function (this: unknown) {
      declared((this as object).constructor).actions.set(name, options)
    })
  }
}

/** What decorators recorded for a class and its parents. Standard ones record when the class is first constructed. */
export function declaredNames(Class: Class): { fields: ReadonlySet<string>; actions: ReadonlyMap<string, ActionOptions> } {
  const chain: Declared[] = []
  for (let at: object | null = Class; at !== null && at !== Function.prototype; at = Object.getPrototypeOf(at) as object | null) {
    const own = declaredByClass.get(at)
    if (own !== undefined) chain.unshift(own)
  }
  return { fields: new Set(chain.flatMap((own) => [...own.fields])), actions: new Map(chain.flatMap((own) => [...own.actions])) }
}

function declared(Class: object): Declared {
  let own = declaredByClass.get(Class)
  if (own === undefined) declaredByClass.set(Class, (own = { fields: new Set(), actions: new Map() }))
  return own
}

function publicName(context: ClassFieldDecoratorContext<object> | ClassMethodDecoratorContext, decorator: string, member: string): string {
  if (context.static || context.private || typeof context.name !== 'string')
    throw new TypeError(`${decorator} needs a public instance ${member} with a string name; ${String(context.name)} is not one.`)
  return context.name
}

/** What a class looks like to the host and to tabs: its names, learnt by constructing it once. */
import { HomeroomError } from '../protocol/errors.ts'
import type { State } from '../protocol/ops.ts'
import type { SystemShape } from '../protocol/port-messages.ts'
import { copyValue } from '../protocol/value.ts'
import { StreamCell } from './stream.ts'
import { AgenticSystem, type SystemClass, type SystemStatics } from './agentic-system.ts'
import { type ActionOptions, declaredNames } from './decorators.ts'

const RESERVED: ReadonlySet<string> = new Set([
  'id',
  'connections',
  'turn',
  'actions',
  'then',
  'toJSON',
  'constructor',
  'prototype',
  '__proto__',
])
const HOOKS: ReadonlySet<string> = new Set(['onCreate', 'onConnect', 'onDisconnect'])

/** Where the state says which connections have begun. No field can have the name: those with `$` are reserved. */
export const CONNECTIONS = '$connections'

/** A class as the host runs it. */
export interface DescribedSystem extends SystemShape {
  /** Whether it has a hook that runs when connections begin or end. */
  readonly hasConnectionHooks: boolean
  /** Whether its code looks at who is connected, as far as the code tells: then this has to be known before it does. */
  readonly mentionsConnections: boolean
  /** What stands in the state: the fields, and `$connections` where hooks run. */
  readonly stateFields: readonly string[]
  readonly Class: (new () => AgenticSystem) & SystemStatics
  readonly options: ReadonlyMap<string, ActionOptions>
}

export function isSystemClass(value: unknown): value is SystemClass {
  return typeof value === 'function' && value.prototype instanceof AgenticSystem
}

/**
 * @param name the class's key in `serve({ systems })`
 * @throws HomeroomError `system/reserved-name`, `system/no-such-member`, `system/bad-version`, `value/unsupported`
 */
export function describeSystem(name: string, System: SystemClass): DescribedSystem {
  const Class = System as unknown as DescribedSystem['Class']
  const specimen = new Class()
  const declared = declaredNames(Class)
  const fields = [...new Set([...declared.fields, ...staticNames(Class, 'fields')])]
  const options = new Map(declared.actions)
  for (const action of staticNames(Class, 'actions')) if (!options.has(action)) options.set(action, {})
  for (const member of [...fields, ...options.keys()]) assertAllowed(name, member)
  for (const action of options.keys()) assertMethod(name, action, specimen)
  const hasConnectionHooks = 'onConnect' in specimen || 'onDisconnect' in specimen
  return {
    hasConnectionHooks,
    mentionsConnections: mentionsConnections(Class),
    stateFields: hasConnectionHooks ? [...fields, CONNECTIONS] : fields,
    name,
    Class,
    version: assertVersion(name, System.version ?? 1),
    fields,
    actions: [...options.keys()],
    options,
    initial: initialState(specimen, fields),
  }
}

/** What a class and its parents name in plain JavaScript: a subclass names only what it adds. */
function staticNames(Class: object, kind: 'fields' | 'actions'): string[] {
  const names: string[] = []
  for (let at: object | null = Class; at !== null && at !== Function.prototype; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, kind)) names.unshift(...((at as SystemClass)[kind] ?? []))
  }
  return names
}

/** A property's name survives bundlers and minifiers. */
function mentionsConnections(Class: object): boolean {
  for (let at: object | null = Class; typeof at === 'function' && at !== AgenticSystem; at = Object.getPrototypeOf(at) as object | null) {
    if (/\bconnections\b/.test(Function.prototype.toString.call(at))) return true
  }
  return false
}

/** The fields of a newly constructed object, as values. */
export function initialState(specimen: AgenticSystem, fields: readonly string[]): State {
  const members: Record<string, unknown> = { [CONNECTIONS]: {} }
  for (const field of fields) if (field !== CONNECTIONS) members[field] = (specimen as unknown as Record<string, unknown>)[field]
  return Object.fromEntries(fields.map((field) => [field, copyValue(members[field], [field], { settle: nameStreams(field) })]))
}

/** Streams in initial values are named after their field, so that all devices give them the same name. */
function nameStreams(field: string): (value: unknown) => unknown {
  let count = 0
  return (value) => (value instanceof StreamCell ? value.nameIfNew(() => (count++ === 0 ? field : `${field}:${count}`)) : value)
}

function assertAllowed(system: string, member: string): void {
  if (!RESERVED.has(member) && !HOOKS.has(member) && !member.startsWith('$')) return
  const why = HOOKS.has(member) ? 'hooks are called by the host only' : 'the name means something else on handles'
  throw new HomeroomError('system/reserved-name', `${system}.${member} cannot be a field or an action: ${why}. Choose another name.`)
}

function assertMethod(system: string, action: string, specimen: AgenticSystem): void {
  if (typeof (specimen as unknown as Record<string, unknown>)[action] === 'function') return
  throw new HomeroomError(
    'system/no-such-member',
    `${system} names the action ${action} but has no such method. Add it or take the name away.`,
  )
}

function assertVersion(system: string, version: unknown): number {
  if (Number.isSafeInteger(version) && (version as number) >= 1) return version as number
  throw new HomeroomError('system/bad-version', `${system}.version is ${String(version)}; it must be a whole number of at least 1.`)
}

/** What an app imports in tabs, and in the file that declares its systems. */
export type { ReadonlySignal } from '@preact/signals-core'
export { HomeroomError, TurnEndedError } from './protocol/errors.ts'
export type { RejectedCall, SyncState } from './protocol/port-messages.ts'
export {
  AgenticSystem,
  type Connection,
  type Metadata,
  type SystemClass,
  type SystemHooks,
  type SystemStatics,
  type Turn,
} from './system/agentic-system.ts'
export { action, type ActionOptions, field } from './system/decorators.ts'
export { stream, type Stream } from './system/stream.ts'
export { connect } from './tab/connect.ts'
export type { Presence, Present } from './tab/presence.ts'
export type { StreamHandle } from './tab/stream-handle.ts'
export type {
  ActionCall,
  Actions,
  ActionsOf,
  CallStatus,
  ConnectOptions,
  FieldsOf,
  Home,
  Immutable,
  PresenceView,
  Status,
  SystemHandle,
  SystemOptions,
  SystemView,
} from './tab/types.ts'

/** A signal's value in a component, which renders again when it changes. */
import { useEffect, useState } from 'preact/hooks'

export interface SignalLike<T> {
  readonly value: T
  subscribe(listener: (value: T) => void): () => void
}

export function useSignalValue<T>(signal: SignalLike<T>): T {
  const [value, setValue] = useState<{ readonly of: T }>({ of: signal.value })
  useEffect(() => signal.subscribe((next) => setValue({ of: next })), [signal])
  return value.of
}

/** A signal's value in a component, which renders again when it changes. */
import type { ReadonlySignal } from 'homeroom'
import { useEffect, useState } from 'preact/hooks'

export function useSignalValue<T>(signal: ReadonlySignal<T>): T {
  const [value, setValue] = useState<{ readonly of: T }>({ of: signal.value })
  useEffect(() => signal.subscribe((next) => setValue({ of: next })), [signal])
  return value.of
}

/** Somebody else's caret. Its flag, with their name, shows for a while when it has moved or they type. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { RemoteCursor } from '../mirror.ts'

const SHOWN_MS = 2_500

export function RemoteCaret({ cursor, isTyping }: { cursor: RemoteCursor; isTyping: boolean }) {
  const element = useRef<HTMLSpanElement>(null)
  const [isFresh, setFresh] = useState(true)
  const [isFlipped, setFlipped] = useState(false)
  const moved = isTyping ? cursor.caret : cursor.key

  useEffect(() => {
    setFresh(true)
    const timer = setTimeout(() => setFresh(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [moved])
  // A flag near the right edge hangs to the left of its caret.
  useLayoutEffect(() => {
    const { offsetLeft = 0, offsetParent = null } = element.current ?? {}
    setFlipped(offsetParent !== null && offsetLeft > offsetParent.clientWidth - 140)
  }, [cursor.caret, isFresh])

  return (
    <span
      ref={element}
      class={`caret is-${cursor.colour} ${isFresh ? 'is-fresh' : ''} ${isFlipped ? 'is-flipped' : ''}`}
      data-connection={cursor.id}
      data-testid="caret"
      data-at={cursor.caret}
    >
      <span class="flag">{cursor.name}</span>
    </span>
  )
}

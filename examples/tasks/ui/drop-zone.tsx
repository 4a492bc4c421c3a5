/** The whole window takes files; an overlay says so while one is dragged over it. */
import { useEffect, useState } from 'preact/hooks'
import { FileIcon } from './icons.tsx'

export function DropZone({ onFiles }: { onFiles(files: readonly File[]): void }) {
  const [isOver, setOver] = useState(false)

  useEffect(() => {
    const listening = new AbortController()
    // `dragleave` also comes from each element left on the way; leaving the window has no related target.
    const react: { readonly [type: string]: (event: DragEvent) => void } = {
      dragenter: () => setOver(true),
      dragover: () => {},
      dragleave: (event) => event.relatedTarget === null && setOver(false),
      drop: (event) => {
        setOver(false)
        onFiles([...(event.dataTransfer?.files ?? [])])
      },
    }
    for (const [type, act] of Object.entries(react)) {
      const listener = (event: Event) => {
        if (!(event as DragEvent).dataTransfer?.types.includes('Files')) return
        event.preventDefault()
        act(event as DragEvent)
      }
      window.addEventListener(type, listener, { signal: listening.signal })
    }
    return () => listening.abort()
  }, [onFiles])

  return (
    <div class="drop-zone" hidden={!isOver} data-testid="drop-zone">
      <div class="drop-card">
        <FileIcon />
        <strong>Drop your todo.txt</strong>
        <p>Each line becomes a task below those you have.</p>
      </div>
    </div>
  )
}

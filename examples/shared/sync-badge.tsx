/** Whether this board is in step with other devices, what waits, and the switch to work offline on purpose. */
import { useEffect, useRef, useState } from 'preact/hooks'

export interface SyncView {
  readonly state: 'off' | 'connecting' | 'live' | 'offline' | 'denied' | 'outdated'
  readonly pending: number
  readonly error?: { readonly message: string } | undefined
}

export interface SyncBadgeProps {
  readonly sync: SyncView
  /** Whether this tab has its worker. */
  readonly status: 'connecting' | 'connected' | 'disconnected' | 'error'
  /** Absent where the page was opened without a sync server. */
  readonly url: string | undefined
  /** Whether somebody chose to work offline. */
  readonly isPaused: boolean
  onPause(isPaused: boolean): void
}

export function SyncBadge({ sync, status, url, isPaused, onPause }: SyncBadgeProps) {
  const [isOpen, setOpen] = useState(false)
  const anchor = useRef<HTMLDivElement>(null)
  const { label, tone, text } = describeSync(sync, status, isPaused)

  useEffect(() => {
    if (!isOpen) return
    const onPointerDown = ({ target }: PointerEvent) => {
      if (!anchor.current?.contains(target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', onPointerDown)
    return () => document.removeEventListener('pointerdown', onPointerDown)
  }, [isOpen])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    anchor.current?.querySelector('button')?.focus()
  }

  return (
    <div ref={anchor} class="sync" onKeyDown={onKeyDown}>
      <button type="button" class={`badge is-${tone}`} aria-expanded={isOpen} aria-controls="sync-panel" onClick={() => setOpen(!isOpen)}>
        <span class="dot" />
        <span role="status" aria-label="Sync" data-testid="sync" data-state={sync.state} data-pending={sync.pending}>
          {label}
        </span>
      </button>
      <div id="sync-panel" class="panel" hidden={!isOpen}>
        <p>{text}</p>
        {sync.error && <p class="panel-error">{sync.error.message}</p>}
        {url !== undefined && <p class="panel-url">{url}</p>}
        {sync.state === 'outdated' ? (
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload
          </button>
        ) : (
          url !== undefined && (
            <button type="button" class="button" onClick={() => onPause(!isPaused)}>
              {isPaused ? 'Sync again' : 'Work offline'}
            </button>
          )
        )}
      </div>
    </div>
  )
}

type Tone = 'quiet' | 'good' | 'busy' | 'away' | 'bad'

export function describeSync(
  { state, pending }: SyncView,
  status: SyncBadgeProps['status'],
  isPaused = false,
): { label: string; tone: Tone; text: string } {
  const waiting = `${pending.toLocaleString()} waiting`
  const kept = `Everything is kept on this device${pending > 0 ? `; ${pending.toLocaleString()} ${pending === 1 ? 'change waits' : 'changes wait'} for the others` : ''}.`
  if (status === 'disconnected' || status === 'error') {
    return {
      label: 'Reconnecting',
      tone: 'bad',
      text: 'This tab has lost its worker and is looking for it again. What you do now is done as soon as it is back.',
    }
  }
  if (isPaused) return { label: pending > 0 ? `Offline · ${waiting}` : 'Offline', tone: 'away', text: `You work offline. ${kept}` }
  switch (state) {
    case 'off':
      return { label: 'On this device', tone: 'quiet', text: `Sync is off. ${kept}` }
    case 'connecting':
      return { label: 'Connecting', tone: 'busy', text: `Looking for the sync server. ${kept}` }
    case 'live':
      return pending > 0
        ? { label: `Syncing ${pending.toLocaleString()}`, tone: 'busy', text: 'Your latest changes are on their way.' }
        : { label: 'Synced', tone: 'good', text: 'All your changes are on the sync server and on the other devices that are online.' }
    case 'offline':
      return {
        label: pending > 0 ? `Offline · ${waiting}` : 'Offline',
        tone: 'away',
        text: `The sync server cannot be reached; it is tried again by itself. ${kept}`,
      }
    case 'denied':
      return { label: 'No access', tone: 'bad', text: `The sync server does not let this device in. ${kept}` }
    case 'outdated':
      return {
        label: 'Update needed',
        tone: 'bad',
        text: 'Another device runs a newer version of this app. Reload to get it; until then this board can be read, and nothing is lost.',
      }
  }
}

/** Instead of the page, where its worker did not come up. */
export function NotStarted({ title, reason, kept }: { title: string; reason: unknown; kept: string }) {
  return (
    <main class="not-started">
      <h1>{title}</h1>
      <p>{reason instanceof Error ? reason.message : String(reason)}</p>
      <p>{kept} Reloading the page usually helps.</p>
      <button type="button" class="button is-primary" onClick={() => location.reload()}>
        Reload
      </button>
    </main>
  )
}

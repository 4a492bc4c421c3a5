/** The other examples, at the foot of each page. */
const EXAMPLES = [
  { app: 'tasks', path: '', title: 'Tasks', what: 'a board that speaks todo.txt' },
  { app: 'document', path: 'document/', title: 'Document', what: 'one text, many cursors' },
  { app: 'game', path: 'game/', title: 'Four in a row', what: 'turns, seats and spectators' },
  { app: 'chat', path: 'chat/', title: 'Chat', what: 'answers that stream to every tab' },
] as const

export function MoreExamples({ app }: { app: string }) {
  const root = EXAMPLES.find((example) => example.app === app)?.path === '' ? './' : '../'
  return (
    <nav class="more" aria-labelledby="more-title">
      <h2 id="more-title">More examples</h2>
      <ul role="list">
        {EXAMPLES.filter((example) => example.app !== app).map((example) => (
          <li key={example.app}>
            <a href={`${root}${example.path}${syncQuery(location.search, example.app)}`}>{example.title}</a> <span>{example.what}</span>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The same server for another example: `?sync=ws://host:port/tasks` becomes `…/game`. */
export function syncQuery(search: string, app: string): string {
  const sync = new URLSearchParams(search).get('sync')
  if (!sync) return ''
  return `?sync=${sync === 'off' ? sync : sync.replace(/[^/]*$/, app)}`
}

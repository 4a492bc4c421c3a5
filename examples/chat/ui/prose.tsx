/** Text as the model writes it: paragraphs, lines, lists with dashes, and `code`. Half a text is shown as well as a whole one. */
export function Prose({ text }: { text: string }) {
  return (
    <div class="prose">
      {text.split(/\n{2,}/).map((block, i) =>
        block.startsWith('- ') ? (
          <ul key={i}>
            {block
              .split(/\n?^- /m)
              .slice(1)
              .map((item, j) => (
                <li key={j}>
                  <Inline text={item} />
                </li>
              ))}
          </ul>
        ) : (
          <p key={i}>
            <Inline text={block} />
          </p>
        ),
      )}
    </div>
  )
}

function Inline({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
}

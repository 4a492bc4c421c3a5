/** The moves of this game, two to a line, and how earlier games ended. */
import { sideOfMove } from '../four.ts'
import { SIDE_NAMES, type Table } from '../game-view.ts'
import { Disc } from './disc.tsx'

export function MoveList({ table: { moves, game, results } }: { table: Table }) {
  return (
    <section class="moves" aria-labelledby="moves-title">
      <h2 id="moves-title">Game {game}</h2>
      {moves.length === 0 ? (
        <p class="quiet">No move yet.</p>
      ) : (
        <ol role="list" aria-label="Moves" data-testid="moves">
          {moves.map((column, move) => (
            <li key={move}>
              <Disc side={sideOfMove(game, move)} />
              <span class="visually-hidden">{SIDE_NAMES[sideOfMove(game, move)]}, column </span>
              {column + 1}
            </li>
          ))}
        </ol>
      )}
      {results.length > 0 && (
        <>
          <h2>Games played</h2>
          <ul role="list" class="results">
            {results.slice(0, 6).map((result, i) => (
              <li key={results.length - i}>
                <span class="person-name">{result.winner === null ? 'A draw' : `${result.winner.name} won`}</span>{' '}
                <span class="person-role">{result.moves === 1 ? '1 move' : `${result.moves} moves`}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

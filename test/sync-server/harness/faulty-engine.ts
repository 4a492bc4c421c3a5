/** An engine that can be made to fail, to be slow, or to do its work and lose the answer. */
import { HomeroomError } from '../../../lib/protocol/errors.ts'
import type { Engine } from '../../../sync-server/engine.ts'

export interface FaultyEngine extends Engine {
  /** `before`: calls reject and do nothing. `after`: appends take place, and reject all the same. */
  fault: 'none' | 'before' | 'after'
  /** Makes appends wait until the returned function is called. */
  hold(): () => void
}

export function createFaultyEngine(engine: Engine): FaultyEngine {
  let held = Promise.resolve()
  const down = (): Error => new HomeroomError('unavailable', 'The disk is gone.')
  const guard =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (faulty.fault === 'before') throw down()
      return call.apply(engine, args)
    }
  const faulty: FaultyEngine = {
    fault: 'none',
    hold() {
      let release = (): void => undefined
      held = new Promise((resolve) => (release = resolve))
      return release
    },
    head: guard(engine.head),
    read: guard(engine.read),
    find: guard(engine.find),
    readSnapshot: guard(engine.readSnapshot),
    writeSnapshot: guard(engine.writeSnapshot),
    trim: guard(engine.trim),
    append: guard(async (name, batch) => {
      await held
      const isAppended = await engine.append(name, batch)
      if (faulty.fault === 'after') throw down()
      return isAppended
    }),
    close: () => engine.close(),
  }
  return faulty
}

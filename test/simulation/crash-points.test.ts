/**
 * Exhaustive crash points: each fixed script is run again and again, with one failure at the first I/O boundary, the
 * second, the third … until a run ends without reaching it. After each the world recovers, and every rule holds.
 */
import { describe, expect, test } from 'vitest'
import { dieTwice, FAILURES, survives } from './crash-points.ts'
import { SCRIPTS } from './scripts.ts'

const MANY = 400

for (const script of SCRIPTS) {
  describe(script.title, () => {
    for (const [title, announce] of Object.entries(FAILURES)) {
      test(title, { timeout: 120_000 }, async () => {
        let k = 1
        while (await survives(script, (stage) => announce(stage, k))) k++
        expect(k).toBeGreaterThan(2)
        expect(k).toBeLessThan(MANY)
      })
    }
    test('the host dies at the k-th write, and again at the j-th one of its recovery', { timeout: 120_000 }, async () => {
      for (let k = 1; k <= 4; k++) {
        for (let j = 1; j <= 3; j++) await survives(script, (stage) => dieTwice(stage, k, j))
      }
    })
  })
}

/**
 * Classes written with standard decorators, for tests. Vitest lowers only legacy ones, so `tsc` compiles the files of
 * test/fixtures/standard-decorators to .cache/standard-decorators. Their types come from the built package (`npm run
 * build`); what they import from `homeroom` when they run is the sources, as in any test.
 *
 *   const { Counter } = await importStandard('counter.ts')     // Record<string, unknown>: cast what you take
 */
import { root, tsc } from './tsc.ts'

let compiled: Promise<void> | undefined

/** Imports a file of test/fixtures/standard-decorators as compiled. Throws what the compiler says if it does not compile. */
export async function importStandard(file: string): Promise<Record<string, unknown>> {
  compiled ??= compile()
  await compiled
  return (await import(`${root}.cache/standard-decorators/${file.replace(/\.ts$/, '.js')}`)) as Record<string, unknown>
}

async function compile(): Promise<void> {
  const { code, output } = await tsc('-p', 'test/fixtures/standard-decorators')
  if (code !== 0) throw new Error(`test/fixtures/standard-decorators does not compile (is the package built?):\n${output}`)
}

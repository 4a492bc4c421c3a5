/** The types: test/types holds programs that must compile, with `@ts-expect-error` where they must not. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root, tsc } from './tsc.ts'

test('sources, examples and test/types compile', async () => {
  expect(await tsc('-p', 'tsconfig.json')).toEqual({ code: 0, output: '' })
})

test.each([
  ['a wrong type', `export const count: number = 'one'`, 'TS2322'],
  ['a @ts-expect-error that nothing needs', `// @ts-expect-error\nexport const count: number = 1`, 'TS2578'],
])('the compiler, told the same, finds %s', async (name, program, code) => {
  const folder = `${root}.cache/planted/${name.replaceAll(/\W/g, '-')}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: '../../../tsconfig.json', include: ['*.ts'] }))
  writeFileSync(`${folder}/planted.ts`, program)
  expect(await tsc('-p', folder)).toEqual({ code: 1, output: expect.stringContaining(code) as string })
})

/** Builds the package: `lib worker sync-server testing` to `dist`, one file per source file, and removes stale files there. */
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './setup.mjs'

const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--listEmittedFiles']
const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
const lines = stdout.split('\n').filter((line) => line !== '')
const emitted = new Set(lines.filter((line) => line.startsWith('TSFILE: ')).map((line) => resolve(root, line.slice('TSFILE: '.length))))
const complaints = lines.filter((line) => !line.startsWith('TSFILE: '))
if (status !== 0) {
  console.error([...complaints, stderr].join('\n'))
  process.exit(status ?? 1)
}
for (const file of readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const path = join(file.parentPath, file.name)
  if (file.isFile() && !emitted.has(path)) rmSync(path)
}

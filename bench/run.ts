/** Measures all contenders side by side: each workload on each in turn, again and again, so that a noisy moment hits all. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { readOptions } from './options.ts'
import { Profiler } from './stage/profiler.ts'
import { Device } from './stage/device.ts'
import { buildPages, servePages } from './stage/pages.ts'
import { startServer } from './stage/servers.ts'
import { median } from './stage/statistics.ts'
import { formatTable, type Results } from './table.ts'
import { bursts } from './workloads/bursts.ts'
import { coldStart } from './workloads/cold-start.ts'
import { deviceToDevice } from './workloads/device-to-device.ts'
import { fanOut } from './workloads/fan-out.ts'
import { size } from './workloads/size.ts'
import { latency, rate } from './workloads/tab-to-tab.ts'
import type { Stage, Workload } from './workloads/workload.ts'

const all: readonly Workload[] = [bursts, latency, rate, coldStart, fanOut, deviceToDevice, size]
/** A workload that takes longer has hung. */
const LONGEST_MS = 90_000

const options = readOptions(process.argv.slice(2))
const workloads = all.filter(({ id }) => options.only.length === 0 || options.only.includes(id))
const resultsFolder = fileURLToPath(new URL('results/', import.meta.url))
mkdirSync(resultsFolder, { recursive: true })

const began = Date.now()
const pages = await servePages(await buildPages(options.contenders, options.profile))
const results: Results = {}
let boards = 0
let version = ''
for (const workload of workloads) {
  for (let i = 0; i < (workload.isExact === true ? 1 : options.repeats); i++) {
    for (const contender of options.contenders) await measure(contender, workload)
  }
}
pages.close()
report()
process.exit()

async function measure(contender: string, workload: Workload): Promise<void> {
  const ofContender = (results[contender] ??= {})
  if (typeof ofContender[workload.id] === 'string') return
  const began = performance.now()
  try {
    const samples = await onStage(contender, (stage) => withTimeout(workload.run(stage)))
    const rows = (ofContender[workload.id] ??= {}) as Record<string, number[]>
    for (const [row, sample] of Object.entries(samples)) (rows[row] ??= []).push(sample)
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    ofContender[workload.id] = why
    process.stderr.write(`${contender} could not do ${workload.id}: ${why}\n`)
  }
  process.stderr.write(`  ${workload.id} ${contender} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
}

/** Everything that a run starts ends with it. */
async function onStage<T>(contender: string, run: (stage: Stage) => Promise<T>): Promise<T> {
  const ends: (() => Promise<void>)[] = []
  const startDevice = async (): Promise<Device> => {
    const watch = options.profile ? new Profiler(`${resultsFolder}${contender}-${ends.length}`) : undefined
    const device = new Device(pages.origin, watch)
    ends.push(() => device.end())
    return device
  }
  const device = await startDevice()
  const board = `board-${++boards}`
  const openBoard: Stage['openBoard'] = async () => {
    const tab = await device.openTab(contender)
    await tab.evaluate((name) => window.bench.open(name), board)
    return tab
  }
  try {
    const result = await run({
      contender,
      device,
      isQuick: options.isQuick,
      board,
      openBoard,
      startDevice,
      startServer: async () => {
        const server = await startServer(contender)
        ends.push(() => server.end())
        return server.url
      },
    })
    version = device.version || version
    return result
  } finally {
    for (const end of ends.toReversed()) await end().catch(() => undefined)
  }
}

function withTimeout<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done after ${LONGEST_MS / 1000} s`)), LONGEST_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function report(): void {
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Chromium ${version}, Node ${process.versions.node}`
  const at = new Date().toISOString()
  writeFileSync(`${resultsFolder}${at.replaceAll(':', '-')}.json`, `${JSON.stringify({ at, machine, options, results }, undefined, 1)}\n`)
  const table = formatTable(workloads, options.contenders, (contender, workload, row) => {
    const rows = results[contender]?.[workload]
    const samples = typeof rows === 'object' ? rows[row] : undefined
    return samples === undefined ? undefined : median(samples)
  })
  console.log(`\n${table}\n`)
  console.log(
    `${machine}. Medians of ${options.repeats}; in brackets how many times worse than the limit. ${Math.round((Date.now() - began) / 1000)} s.`,
  )
}

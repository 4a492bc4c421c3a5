/** The one table: each figure with its ratio to the hand-written limit. */
import type { Row, Workload } from './workloads/workload.ts'

/** Samples by row, by workload, by contender; a text where there are none says why. */
export type Results = Record<string, Record<string, Record<string, number[]> | string>>

const REFERENCE = 'limit'

export function formatTable(
  workloads: readonly Workload[],
  contenders: readonly string[],
  valueOf: (contender: string, workload: string, row: string) => number | undefined,
): string {
  const head = ['', 'workload', 'goal', ...contenders]
  const lines = workloads.flatMap((workload) =>
    workload.rows.flatMap((row) => {
      const values = contenders.map((contender) => valueOf(contender, workload.id, row.key))
      if (values.every((value) => value === undefined)) return []
      const reference = valueOf(REFERENCE, workload.id, row.key)
      const goal = row.target === undefined ? '' : `≤ ${row.target.toFixed(1)}×`
      return [
        [workload.id, row.label, goal, ...values.map((value, i) => cell(row, value, contenders[i] === REFERENCE ? undefined : reference))],
      ]
    }),
  )
  return align([head, ...lines])
}

function cell(row: Row, value: number | undefined, reference: number | undefined): string {
  if (value === undefined) return '–'
  return reference === undefined ? format(value, row) : `${format(value, row)} (${formatRatio(ratio(row, value, reference))})`
}

/** How many times worse than the reference; below 1 is better. */
function ratio({ unit }: Row, value: number, reference: number): number {
  return unit === '/s' ? reference / value : value / reference
}

function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(ratio >= 1 ? 1 : 2)}×`
}

function format(value: number, { unit }: Row): string {
  const text = value >= 100 ? Math.round(value).toLocaleString('en-US') : value >= 10 ? value.toFixed(1) : value.toFixed(2)
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`
}

/** Columns from the third on to the right. */
function align(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const [head = '', ...rest] = lines.map((line) =>
    line
      .map((text, i) => (i < 2 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [head, '─'.repeat(Math.max(head.length, ...rest.map((line) => line.length))), ...rest].join('\n')
}

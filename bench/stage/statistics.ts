/** The value below which the share `p` of the samples lies. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

export function p95(samples: readonly number[]): number {
  return quantile(samples, 0.95)
}

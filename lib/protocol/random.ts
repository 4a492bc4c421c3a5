/** Random numbers from a seed: the same on every replay of a call (rule Q3). */

/** A generator of numbers in [0, 1): sfc32, seeded by four 32-bit words drawn from the text. Costs nothing until it is used. */
export function seededRandom(seed: string): () => number {
  let random: (() => number) | undefined
  return () => (random ??= createRandom(seed))()
}

function createRandom(seed: string): () => number {
  const next = hashWords(seed)
  let [a, b, c, d] = [next(), next(), next(), next()]
  const draw = (): number => {
    const t = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return (t >>> 0) / 4294967296
  }
  for (let i = 0; i < 12; i++) draw()
  return draw
}

/** A UUID (version 4 in form) from a generator of numbers in [0, 1). */
export function uuidFrom(random: () => number): string {
  let hex = ''
  for (let i = 0; i < 4; i++)
    hex += Math.floor(random() * 4294967296)
      .toString(16)
      .padStart(8, '0')
  const variant = '89ab'[Math.floor(random() * 4)] as string
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** xmur3: 32-bit words that depend on every character of the text. */
function hashWords(text: string): () => number {
  let h = 1779033703 ^ text.length
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353)
    h = (h << 13) | (h >>> 19)
  }
  return () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507)
    h = Math.imul(h ^ (h >>> 13), 3266489909)
    return (h ^= h >>> 16) >>> 0
  }
}

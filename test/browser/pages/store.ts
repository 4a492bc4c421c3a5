/** A page that runs cases of the store contract on the browser's IndexedDB, and fills it. */
import { openDexieStore } from '../../../worker/store/dexie-store.ts'
import { entry, storeCases } from '../../contract/store-cases.ts'

interface Filled {
  /** Of the refusal. */
  readonly code: string
  readonly written: number
  /** What can be read after it. */
  readonly stored: number
  /** The code of a small write after it, or `'stored'`. */
  readonly small: string
}

declare global {
  interface Window {
    runStoreCase(title: string): Promise<void>
    /** Writes larger and larger entries until one is refused. */
    fillStore(): Promise<Filled>
  }
}

window.runStoreCase = async (title) => {
  const run = storeCases[title]
  if (run === undefined) throw new Error(`No case is called ${title}.`)
  const name = crypto.randomUUID()
  await run({ open: () => open(name), openOther: () => open(`${name} other`), unstorable: () => undefined })
}

window.fillStore = async () => {
  const store = await open('full')
  const epoch = await store.claim()
  const instance = { system: 'Board', id: 'a' }
  let written = 0
  const write = async (length: number): Promise<string> => {
    try {
      await store.write(epoch, [entry(instance, written + 1, randomText(length))])
      written++
      return 'stored'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  let code = 'stored'
  for (let length = 1; code === 'stored' && length < 2 ** 27; length *= 2) code = await write(length)
  const before = written
  const small = await write(1)
  return { code, written: before, stored: (await store.load(instance))?.entries.length ?? 0, small }
}

/** Text that does not compress: browsers store it compressed. */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) text += btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(48_000))))
  return text.slice(0, length)
}

function open(name: string): ReturnType<typeof openDexieStore> {
  return openDexieStore({ name, newDeviceId: () => crypto.randomUUID() })
}

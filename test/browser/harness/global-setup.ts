/** Global setup of the browser project: test/browser/pages is bundled once and served; `inject('pagesUrl')` says where. */
import type { TestProject } from 'vitest/node'
import { servePages } from './bundles.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Ends with a slash. */
    pagesUrl: string
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const pages = await servePages()
  project.provide('pagesUrl', pages.url)
  return () => pages.close()
}

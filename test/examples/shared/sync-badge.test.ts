import { expect, test } from 'vitest'
import { describeSync } from '../../../examples/shared/sync-badge.tsx'

test.each([
  ['off', 0, 'On this device'],
  ['connecting', 0, 'Connecting'],
  ['live', 0, 'Synced'],
  ['live', 3, 'Syncing 3'],
  ['offline', 0, 'Offline'],
  ['offline', 3, 'Offline · 3 waiting'],
  ['denied', 0, 'No access'],
  ['outdated', 0, 'Update needed'],
] as const)('sync %s with %i pending reads “%s”', (state, pending, label) => {
  expect(describeSync({ state, pending }, 'connected').label).toBe(label)
})

test('a tab without its worker says so first', () => {
  expect(describeSync({ state: 'live', pending: 0 }, 'disconnected').label).toBe('Reconnecting')
})

test('whoever works offline on purpose reads it, with what waits', () => {
  expect(describeSync({ state: 'off', pending: 0 }, 'connected', true).label).toBe('Offline')
  expect(describeSync({ state: 'offline', pending: 2 }, 'connected', true)).toMatchObject({
    label: 'Offline · 2 waiting',
    text: expect.stringContaining('2 changes wait'),
  })
})

/**
 * Seeds that failed once, with what was wrong. A new fault or system changes what every seed draws: the titles then keep
 * the cause, and `planted-bugs.ts` and `scripts.ts` what must go on finding it.
 */
import { test } from 'vitest'
import { live } from './swarm.ts'

const FAILED: readonly (readonly [seed: number, cause: string])[] = [
  [3, 'commits after a snapshot came before it was adopted, so the instance was opened again for ever'],
  [9, 'an instance whose beginning was refused by a full disk lost its fields'],
  [12, 'a session number that was no whole number was taken for a bad token'],
  [14, 'a host that a full disk kept from raising the epoch never started'],
  [20, 'commits that a full disk refused were asked for again at full speed'],
  [68, 'a hello that came late was answered as if the token were bad, and the device gave up'],
  [70, 'after the clock of a device was set back its sessions took minutes to get past the last one'],
  [94, 'a tab whose worker died before its hello never asked the next one'],
  [146, 'a call was confirmed with the result of a run that did not count'],
  [165, 'a pending call that an opening found to change nothing was never settled'],
  [231, 'a tab that attached while sync changed showed the state in between for ever'],
  [317, 'a host that another had replaced pushed before its first write told it so'],
  [382, 'a snapshot taken for the second try of a write held records that were written again after it'],
  [2005, 'the answer to an opening before the last took the device back behind its own commits, and a call was rejected there'],
  [412, 'a later commit was pushed before the rejection of an earlier one was stored, which was lost with the host'],
]

for (const [seed, cause] of FAILED) test(`seed ${seed}: ${cause}`, { timeout: 30_000 }, async () => void (await live(seed)))

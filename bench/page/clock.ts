/** Time that can be compared between the tabs of one browser, to some tenths of a millisecond. */

/** Milliseconds since 1970 by this page's clock. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const { port1, port2 } = new MessageChannel()
const ticks: (() => void)[] = []
port1.onmessage = () => ticks.shift()?.()

/** Lets messages that wait have their turn. A timer would wait 4 ms when nested. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    ticks.push(resolve)
    port2.postMessage(0)
  })
}

export function answerPings(name: string): void {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => {
    if (data === 'ping') channel.postMessage(now())
  }
}

/** How far the other page's clock is ahead of this one's, by the ping that came back fastest: its answer was given halfway. */
export async function clockOffset(name: string): Promise<number> {
  const channel = new BroadcastChannel(name)
  let best = { trip: Infinity, offset: 0 }
  for (let i = 0; i < 40; i++) {
    const sent = now()
    const there = await new Promise<number>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data as number)
      channel.postMessage('ping')
    })
    const trip = now() - sent
    if (trip < best.trip) best = { trip, offset: there - (sent + trip / 2) }
  }
  channel.close()
  return best.offset
}

import { setImmediate as nextTurn } from 'node:timers/promises'

/** Lets long work give way: requests are answered while a cycle of thousands of operations runs. */
export interface Slices {
  /**
   * To be awaited often. Yields to the event loop once a slice of uninterrupted work has passed.
   */
  pause(): Promise<void> | undefined
}

export function createSlices(sliceMs = 4): Slices {
  let began = performance.now()
  const giveWay = async (): Promise<void> => {
    await nextTurn()
    began = performance.now()
  }
  return { pause: () => (performance.now() - began < sliceMs ? undefined : giveWay()) }
}

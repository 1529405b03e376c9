import { setImmediate as nextTurn } from 'node:timers/promises'

/** Splits long work into slices, so that requests are answered while a long cycle runs. */
export interface Slices {
  /**
   * Await this often. It yields to the event loop at the end of a slice of uninterrupted work.
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

import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Lets long work give way: `pause` yields to the event loop once `sliceMs` of uninterrupted work have passed, so that requests are answered
 * while a cycle of thousands of operations runs.
 */
export function createSlices(sliceMs = 4): { pause(): Promise<void> | undefined } {
  let began = performance.now()
  const giveWay = async (): Promise<void> => {
    await nextTurn()
    began = performance.now()
  }
  return {
    pause() {
      if (performance.now() - began < sliceMs) return undefined
      return giveWay()
    },
  }
}

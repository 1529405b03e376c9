import type { Ledger } from '../ledger/ledger.ts'
import type { Instance } from '../ledger/port/instances.ts'
import { describeError, type Runtime } from '../runtime.ts'
import { loop, type Service } from '../service.ts'
import { differences } from './differences.ts'
import { aliveOf, instanceStates } from './state.ts'

/** What a running connector reports about itself. */
export type InstanceIdentity = Omit<Instance, 'startedAt' | 'seenAt' | 'endedAt'>

export const BEAT_MS = 5_000
/** How often an instance compares itself with the others. */
const COMPARE_MS = 60_000
const END_MS = 3_000

/**
 * Announces this instance in the ledger, repeats that as its sign of life, and records its orderly
 * end. It is a loop of its own, so that no other work delays it. A ledger that does not answer is
 * waited for: the other loops report it.
 *
 * On a shared ledger it also logs when instances run with different settings, rules or releases.
 */
export function heartbeat(
  ledger: Pick<Ledger, 'announceInstance' | 'endInstance' | 'listInstances'>,
  identity: InstanceIdentity,
  runtime: Runtime,
): Service {
  let startedAt: number | null = null
  let silent = false
  const compare = comparing(ledger, identity, runtime)
  const beats = loop('instance', runtime, async () => {
    const seenAt = runtime.now()
    startedAt ??= seenAt
    try {
      await ledger.announceInstance({ ...identity, startedAt, seenAt, endedAt: null })
      await compare()
      silent = false
    } catch (error) {
      // Announced once. The growing rest of a failing loop could be longer than an instance may be
      // silent.
      if (!silent)
        runtime.log.warn('instance.unseen', {
          ...describeError(error),
          what: 'the ledger did not take the sign of life of this instance; it is repeated',
        })
      silent = true
    }
    return BEAT_MS
  })
  let running: Promise<void> | null = null
  const run = async (): Promise<void> => {
    await beats.run()
    if (startedAt !== null) await endWithin(ledger.endInstance(identity.id, runtime.now()), runtime)
  }
  return {
    run: () => (running ??= run()),
    stop: async () => {
      await beats.stop()
      await running
    },
  }
}

/** Bounded in time: without it, the instance counts as lost instead of ended. */
async function endWithin(ending: Promise<void>, runtime: Pick<Runtime, 'sleep'>): Promise<void> {
  const ended = new AbortController()
  await Promise.race([ending.catch(() => {}), runtime.sleep(END_MS, ended.signal)])
  ended.abort()
}

/** Logs once for each new set of instances that do not agree, and once when they agree again. */
function comparing(
  ledger: Pick<Ledger, 'listInstances'>,
  { id, shared }: InstanceIdentity,
  runtime: Pick<Runtime, 'now' | 'log'>,
): () => Promise<void> {
  let comparedAt: number | null = null
  let said = ''
  return async () => {
    const now = runtime.now()
    if (!shared || (comparedAt !== null && now - comparedAt < COMPARE_MS)) return
    comparedAt = now
    const alive = aliveOf(instanceStates(await ledger.listInstances(now), now))
    const own = alive.find((one) => one.id === id)
    if (!own) return
    const others = alive.flatMap((one) => {
      const differ = differences(own, one)
      return differ.length > 0 ? [{ instance: one.name, id: one.id, differ: [...differ] }] : []
    })
    const found = JSON.stringify(others)
    if (found === said || (others.length === 0 && said === '')) return
    said = others.length === 0 ? '' : found
    if (others.length === 0)
      runtime.log.info('instances.agree', { what: 'all instances run with the same settings and rules' })
    else
      runtime.log.warn('instances.differ', {
        others,
        what: 'instances run with different settings, rules or releases: restart those that have the old ones',
      })
  }
}

import { randomUUID } from 'node:crypto'
import type { Config } from '../../config/load.ts'
import { RollcallError } from '../../core/errors.ts'
import { usdOf } from '../../core/emergency/money.ts'
import { EMERGENCY_WAITS } from '../../core/emergency/reasons.ts'
import { emergencyVerdict } from '../../core/emergency/verdict.ts'
import { statusLabel } from '../../core/provision/verdict.ts'
import { credentialOf } from '../addresses.ts'
import { directDestinationsIn, type ReachedDirectly } from '../destinations/direct.ts'
import { directDeactivation } from '../destinations/emergency.ts'
import { destinationsIn } from '../destinations/list.ts'
import { failed, type Proof, prove } from './proof.ts'

/** No object of a directory has this id, so nothing can be changed by it. */
const NO_ONE = '00000000-0000-0000-0000-000000000000'
const PAUSES = { throttledMs: 0, failedMs: 0, accessMs: 0 }

/** Whether the emergency lane may disable accounts. Nothing without a lane. */
export async function proveEmergency(config: Config): Promise<Proof[]> {
  const { emergency } = config.rules
  if (emergency === null) return []
  return [
    await prove('emergency lane', async () => {
      const [{ endpoint, tenant }] = destinationsIn(config)
      const cost = await callCosting(config, { ...endpoint, tenant }, emergency.microUsdPerCall)
      return `may disable accounts; ${cost}`
    }),
  ]
}

/** Whether the accounts of each direct destination may be written. */
export async function proveDirect(config: Config): Promise<Proof[]> {
  let directly: readonly ReachedDirectly[]
  try {
    directly = directDestinationsIn(config)
  } catch (error) {
    return [failed('endpoint', error)]
  }
  const proofs = directly.map(({ name, costs, ...at }) =>
    prove(
      `${name}: accounts`,
      async () => `may be written; ${await callCosting(config, at, costs.microUsdPerCall)}`,
    ),
  )
  return Promise.all(proofs)
}

/**
 * Makes a call for an object that cannot exist. Only 404 shows that the address, the API of the
 * tenant and the right to write are there; anything else rejects. Microsoft bills the call.
 */
async function callCosting(
  config: Config,
  { origin, tenant }: { readonly origin: string; readonly tenant: string | null },
  microUsdPerCall: number,
): Promise<string> {
  const credential = await credentialOf(config, tenant)
  const directory = directDeactivation(config, { origin }, credential, { now: Date.now })
  const reply = await directory.deactivate(NO_ONE, randomUUID())
  const { answer } = emergencyVerdict(reply, { now: Date.now(), failures: 0, settings: PAUSES })
  if (answer.wait === 'account-gone') return `this test call costs USD ${usdOf(microUsdPerCall)}`
  const advice = answer.wait === null ? 'the API cannot be what it should be' : adviceOn(answer.wait)
  throw new RollcallError('Unexpected', `answered ${statusLabel(reply)}; ${advice}`)
}

function adviceOn(wait: keyof typeof EMERGENCY_WAITS): string {
  const { meaning, fix } = EMERGENCY_WAITS[wait]
  return wait === 'unavailable' ? meaning : `${meaning}: ${fix}`
}

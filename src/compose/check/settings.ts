import type { Config } from '../../config/load.ts'
import { EXPOSED } from '../exposed.ts'
import { copyContentOf } from '../settings.ts'
import { failed, type Proof } from './proof.ts'

/** What `run` needs and no other check tries. Nothing when it is all there. */
export function proveSettings(config: Config): readonly Proof[] {
  const proofs: Proof[] = []
  const { PROVISIONING_ENDPOINT: endpoint } = config
  if (config.AUTH_MODE === 'local' && endpoint !== null && /^https:/i.test(endpoint))
    proofs.push({
      what: 'AUTH_MODE',
      outcome: 'failed',
      say: 'local is for local doubles, and PROVISIONING_ENDPOINT is that of a real tenant: choose an identity',
    })
  try {
    copyContentOf(config)
  } catch (error) {
    proofs.push(failed('DEAD_LETTER_COPIES', error))
  }
  return [...proofs, ...config.exposed.map(exposedFile)]
}

function exposedFile(name: string): Proof {
  return { what: name, outcome: 'not known', say: `${EXPOSED}: chmod 600 it` }
}

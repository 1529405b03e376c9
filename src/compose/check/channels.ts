import type { Config } from '../../config/load.ts'
import { withChannel } from '../alerts/channels.ts'
import { type Proof, prove } from './proof.ts'

/** Longer than one attempt of any channel may take. */
const LIMIT_MS = 60_000

/**
 * Whether each channel of notifications can be reached. Sends nothing, and tries all of them at
 * once.
 */
export function proveChannels(config: Config): Promise<Proof[]> {
  const names = [...config.rules.notifications.channels.keys()]
  return Promise.all(
    names.map((name) =>
      prove(
        `channel ${name}`,
        () => withChannel(config, name, (channel) => channel.probe(AbortSignal.timeout(LIMIT_MS))),
        `correct notifications.channels.${name}, or open the way to it`,
      ),
    ),
  )
}

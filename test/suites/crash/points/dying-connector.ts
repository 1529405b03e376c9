import { connector as real } from '../../../../src/core/connector.ts'
import { dying } from './dying.ts'
import { withEffects } from './effects.ts'

/**
 * The connector, which dies where the environment says. `instead-of-connector.ts` puts it in the
 * place of the real one.
 */
export const connector: typeof real = (ports, rules, settings, runtime) =>
  real(withEffects(ports, dying(process.env)), rules, settings, runtime)

import { performance } from 'node:perf_hooks'
import type { SignInService, SignInSettings } from '../../core/sign-in.ts'

/** The sign-in with Entra ID; its libraries are loaded where it is used only. */
export async function signInService(settings: SignInSettings): Promise<SignInService> {
  const { entraSignIn } = await import('../../adapters/entra-sign-in/service.ts')
  return entraSignIn(settings, { fetch, clock: () => performance.now() })
}

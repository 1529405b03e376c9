import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhenResult } from 'cockatiel'
import type { Provisioning, UploadAnswer } from '../../core/ports.ts'
import { CIRCUIT_OPEN, isFull } from '../../core/provision/verdict.ts'

/**
 * Spares a service that is down: after `failures` failures in a row, calls are not made for a while
 * and are answered with `CircuitOpen`. Answers that ask for patience (429, no room) or for a person
 * (401, 403, 404) are not failures of the service.
 */
export function guarded(
  provisioning: Provisioning,
  settings: { readonly failures: number; readonly retryMs: number },
): Provisioning {
  const breaker = circuitBreaker(
    handleWhenResult((answer) => isFailure(answer as UploadAnswer)),
    { halfOpenAfter: settings.retryMs, breaker: new ConsecutiveBreaker(settings.failures) },
  )
  return {
    upload: async (body, clientRequestId, cut) => {
      try {
        return await breaker.execute(() => provisioning.upload(body, clientRequestId, cut))
      } catch (error) {
        if (error instanceof BrokenCircuitError) return { kind: 'network', code: CIRCUIT_OPEN }
        throw error
      }
    },
  }
}

function isFailure(answer: UploadAnswer): boolean {
  return answer.kind === 'network' || (answer.status >= 500 && !isFull(answer))
}

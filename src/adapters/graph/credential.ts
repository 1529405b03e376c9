import type { TokenCredential } from '@azure/identity'
import { RollcallError, unreachable } from '../../core/errors.ts'
import { checkReadable } from '../files.ts'

/** `local` uses an arbitrary token, for the local double. */
export type AuthMode =
  | 'managed-identity'
  | 'workload-identity'
  | 'client-certificate'
  | 'client-secret'
  | 'azure-cli'
  | 'default'
  | 'local'

export interface AuthSettings {
  readonly mode: AuthMode
  readonly tenantId: string | null
  readonly clientId: string | null
  readonly clientSecret: string | null
  readonly certificatePath: string | null
}

/** An arbitrary token that never expires, for the local double. */
export const localCredential: TokenCredential = {
  getToken: async () => ({ token: 'local', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
}

/**
 * One instance for the bus and for Graph, so that they share its token cache. Rejects with
 * `AuthIncomplete`, naming the variable.
 */
export async function createCredential(settings: AuthSettings): Promise<TokenCredential> {
  const { mode, clientId } = settings
  if (mode === 'local') return localCredential
  // The library takes as long to load as the rest of the connector, and doubles do not need it.
  const identity = await import('@azure/identity')
  const need = (value: string | null, variable: string): string => {
    if (value === null) throw new RollcallError('AuthIncomplete', `AUTH_MODE=${mode} needs ${variable}`)
    return value
  }
  switch (mode) {
    case 'managed-identity':
      return clientId === null
        ? new identity.ManagedIdentityCredential()
        : new identity.ManagedIdentityCredential({ clientId })
    case 'workload-identity':
      return new identity.WorkloadIdentityCredential()
    case 'client-certificate': {
      const certificate = need(settings.certificatePath, 'AZURE_CLIENT_CERTIFICATE_PATH')
      // The library reads the file only when it gets a token, and would fail on every attempt.
      checkReadable('AZURE_CLIENT_CERTIFICATE_PATH', certificate)
      return new identity.ClientCertificateCredential(
        need(settings.tenantId, 'AZURE_TENANT_ID'),
        need(clientId, 'AZURE_CLIENT_ID'),
        certificate,
      )
    }
    case 'client-secret':
      return new identity.ClientSecretCredential(
        need(settings.tenantId, 'AZURE_TENANT_ID'),
        need(clientId, 'AZURE_CLIENT_ID'),
        need(settings.clientSecret, 'AZURE_CLIENT_SECRET'),
      )
    case 'azure-cli':
      return new identity.AzureCliCredential()
    case 'default':
      return new identity.DefaultAzureCredential()
    default:
      return unreachable(mode)
  }
}

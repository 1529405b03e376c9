import {
  AzureCliCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
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

/**
 * One instance for the bus and for Graph, so that they share its token cache. Throws
 * `AuthIncomplete`, naming the variable.
 */
export function createCredential(settings: AuthSettings): TokenCredential {
  const { mode, clientId } = settings
  const need = (value: string | null, variable: string): string => {
    if (value === null) throw new RollcallError('AuthIncomplete', `AUTH_MODE=${mode} needs ${variable}`)
    return value
  }
  switch (mode) {
    case 'managed-identity':
      return clientId === null ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId })
    case 'workload-identity':
      return new WorkloadIdentityCredential()
    case 'client-certificate': {
      const certificate = need(settings.certificatePath, 'AZURE_CLIENT_CERTIFICATE_PATH')
      // The library reads the file only when it gets a token, and would fail on every attempt.
      checkReadable('AZURE_CLIENT_CERTIFICATE_PATH', certificate)
      return new ClientCertificateCredential(
        need(settings.tenantId, 'AZURE_TENANT_ID'),
        need(clientId, 'AZURE_CLIENT_ID'),
        certificate,
      )
    }
    case 'client-secret':
      return new ClientSecretCredential(
        need(settings.tenantId, 'AZURE_TENANT_ID'),
        need(clientId, 'AZURE_CLIENT_ID'),
        need(settings.clientSecret, 'AZURE_CLIENT_SECRET'),
      )
    case 'azure-cli':
      return new AzureCliCredential()
    case 'default':
      return new DefaultAzureCredential()
    case 'local':
      return { getToken: async () => ({ token: 'local', expiresOnTimestamp: Number.MAX_SAFE_INTEGER }) }
    default:
      return unreachable(mode)
  }
}

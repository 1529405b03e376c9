import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as oidc from 'openid-client'
import { RollcallError } from '../../core/errors.ts'
import type { ClientCredential } from '../../core/sign-in.ts'
import { checkReadable } from '../files.ts'

/** Of RFC 7523, for a certificate and for a federated identity. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * Proves to the token endpoint that the console is the registration. Throws `ConfigInvalid` for a
 * certificate that cannot sign, and `FileUnreadable` when the file of a federated token is missing.
 */
export function clientAuth(credential: ClientCredential): oidc.ClientAuth {
  switch (credential.kind) {
    case 'secret':
      return oidc.ClientSecretPost(credential.secret)
    case 'certificate':
      return byCertificate(credential.pem)
    case 'federated':
      checkReadable('CONSOLE_FEDERATED_TOKEN_FILE', credential.tokenFile)
      return byFederatedToken(credential.tokenFile)
  }
}

/**
 * The header and the audience are what Entra asks for:
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials.
 */
function byCertificate(pem: string): oidc.ClientAuth {
  const { key, thumbprint } = readCertificate(pem)
  return (server, client, body, headers) => {
    const sign = oidc.PrivateKeyJwt(key, {
      [oidc.modifyAssertion]: (header, payload) => {
        header['typ'] = 'JWT'
        header['x5t#S256'] = thumbprint
        if (server.token_endpoint !== undefined) payload['aud'] = server.token_endpoint
      },
    })
    return sign(server, client, body, headers)
  }
}

function readCertificate(pem: string): { readonly key: oidc.CryptoKey; readonly thumbprint: string } {
  try {
    const certificate = new X509Certificate(pem)
    const privateKey = createPrivateKey(pem)
    if (!certificate.checkPrivateKey(privateKey)) throw new Error('the key is of another certificate')
    const key = privateKey.toCryptoKey({ name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign'])
    return { key, thumbprint: createHash('sha256').update(certificate.raw).digest('base64url') }
  } catch (error) {
    throw new RollcallError(
      'ConfigInvalid',
      'CONSOLE_CLIENT_CERTIFICATE takes PEM text with a certificate first and its RSA private key, without a passphrase',
      { cause: error },
    )
  }
}

/** The platform replaces the token in its file before it ends: it is read for each sign-in. */
const byFederatedToken =
  (file: string): oidc.ClientAuth =>
  (_server, client, body) => {
    body.set('client_id', client.client_id)
    body.set('client_assertion_type', ASSERTION_TYPE)
    body.set('client_assertion', readFileSync(file, 'utf8').trim())
  }

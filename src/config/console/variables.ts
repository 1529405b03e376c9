import { z } from 'zod'
import { guid, httpsOrigin, optional } from '../values.ts'

/** Where the console is, and who signs in to it. */
export const CONSOLE_VARIABLES = {
  CONSOLE: z.enum(['loopback', 'on', 'off']).default('loopback').meta({
    description:
      'Where the console is served: only where HTTP_ADDRESS is on loopback, everywhere (elsewhere it needs HTTP_TOKEN or the sign-in with Entra ID), or nowhere',
  }),
  CONSOLE_URL: httpsOrigin.nullable().default(null).meta({
    description:
      'Address at which browsers reach the console, such as https://rollcall.contoso.com. With it, the next two and a secret, a certificate or a federated token, users sign in with Entra ID',
  }),
  CONSOLE_TENANT_ID: guid.nullable().default(null).meta({
    description: 'Tenant whose users may sign in to the console',
  }),
  CONSOLE_CLIENT_ID: guid.nullable().default(null).meta({
    description: 'Client id of the app registration that signs in to the console',
  }),
  CONSOLE_CLIENT_SECRET: optional.meta({
    description: 'Client secret of that app registration',
    secret: true,
  }),
  CONSOLE_CLIENT_CERTIFICATE: optional.meta({
    description:
      'In place of the secret: PEM text with a certificate of that app registration and its RSA private key',
    secret: true,
  }),
  CONSOLE_FEDERATED_TOKEN_FILE: optional.meta({
    description:
      'In place of the secret: file with the token of a workload identity that the app registration trusts. It is read for each sign-in',
  }),
  CONSOLE_COOKIE_SECRET: z.string().min(32).nullable().default(null).meta({
    description:
      'Random text of 32 characters or more that encrypts the cookies of the console, the same for every instance. Without it, the secret or the certificate does; a federated token needs it',
    secret: true,
  }),
  CONSOLE_AUTHORITY: httpsOrigin.default('https://login.microsoftonline.com').meta({
    description: 'Where the tenant signs in; another address in national clouds',
  }),
}

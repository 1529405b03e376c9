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
      'Address at which browsers reach the console, such as https://rollcall.contoso.com. With it, the next two and the secret, users sign in with Entra ID',
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
  CONSOLE_AUTHORITY: httpsOrigin.default('https://login.microsoftonline.com').meta({
    description: 'Where the tenant signs in; another address in national clouds',
  }),
}

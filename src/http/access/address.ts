import type { Context } from 'hono'

/** The address of the connection. Behind a proxy it is that of the proxy. */
export function addressOf(context: Context): string {
  const { incoming } = (context.env ?? {}) as {
    readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
  }
  return incoming?.socket?.remoteAddress ?? ''
}

import http from 'node:http'
import { RollcallError } from '../core/errors.ts'

export interface ProxySettings {
  /** URL of an HTTP proxy that takes CONNECT; may hold a name and a password. */
  readonly HTTPS_PROXY: string | null
  /** Hosts that are reached without it. */
  readonly NO_PROXY: string | null
}

/**
 * The proxy a host is reached through; `null` when it is reached directly. Entries as Node reads
 * them: `*`, a host, `.suffix`, each with `:port` or without.
 */
export function proxyFor(
  host: string,
  port: number,
  { HTTPS_PROXY, NO_PROXY }: ProxySettings,
): string | null {
  if (HTTPS_PROXY === null) return null
  const name = host.toLowerCase()
  for (const entry of (NO_PROXY ?? '').toLowerCase().split(/[\s,]+/)) {
    const [, pattern = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
    if (pattern === '' || (only !== undefined && Number(only) !== port)) continue
    const suffix = pattern.replace(/^\*(?=\.)/, '')
    if (pattern === '*' || name === pattern || (suffix.startsWith('.') && name.endsWith(suffix))) return null
  }
  return HTTPS_PROXY
}

/**
 * Sends https of this process through the proxy: Node's own `fetch` (Graph, HR systems) and
 * `https`, and the Azure identity client, which reads the environment by itself when it is made, so
 * this comes first. Plain http stays direct. Disposing of it takes it back.
 */
export function useProxy({ HTTPS_PROXY, NO_PROXY }: ProxySettings): Disposable {
  if (HTTPS_PROXY === null) return { [Symbol.dispose]: () => {} }
  // From Node 24.14 on; imported by its name, an older one would not start at all.
  if (typeof http.setGlobalProxyFromEnv !== 'function')
    throw new RollcallError(
      'ConfigInvalid',
      `HTTPS_PROXY takes Node 24.14 or later; this is ${process.versions.node}`,
    )
  const given: Record<string, string> = { HTTPS_PROXY, ...(NO_PROXY === null ? {} : { NO_PROXY }) }
  const takeBack = http.setGlobalProxyFromEnv(given)
  const added = Object.keys(given).filter((name) => process.env[name] === undefined)
  for (const name of added) process.env[name] = given[name]
  return {
    [Symbol.dispose]: () => {
      takeBack()
      for (const name of added) delete process.env[name]
    },
  }
}

import { isIP } from 'node:net'

export interface HttpAddress {
  readonly host: string
  readonly port: number
  /** It can be reached from this machine only. */
  readonly loopback: boolean
}

/**
 * `9464`, `127.0.0.1:9464` or `[::1]:9464`; a port alone is on loopback. `null` when it is none of
 * these.
 */
export function parseHttpAddress(text: string): HttpAddress | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]:|([^:[\]]+):)?(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain ?? '127.0.0.1'
  const port = Number(digits)
  if (digits === undefined || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) return null
  return { host, port, loopback: host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host) }
}

/** `null` when there is no address. The address of a checked configuration can be parsed. */
export function httpAddressOf({
  HTTP_ADDRESS,
}: {
  readonly HTTP_ADDRESS: string | null
}): HttpAddress | null {
  return HTTP_ADDRESS === null ? null : parseHttpAddress(HTTP_ADDRESS)
}

/** The address at which a process on this machine reaches the listener. */
export function reachable({ host, port }: HttpAddress): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

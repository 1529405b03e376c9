import { readFileSync } from 'node:fs'
import tls, { type SecureContextOptions } from 'node:tls'
import { RollcallError } from '../../core/errors.ts'
import type { TlsSettings } from '../../core/intake/hydrate/settings.ts'

/** The part of `fetch` that reading from HR needs. */
export type Fetch = (
  address: string,
  init: {
    readonly method?: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly redirect: 'error' | 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Response>

/**
 * A `fetch` that shows the client certificate. Throws `ConfigInvalid` at once for files
 * that cannot be used. The files are read once, at the start.
 */
export function tlsFetch(settings: TlsSettings | undefined): Fetch {
  if (settings === undefined) return (address, init) => fetch(address, init)
  const options = secureOptions(settings)
  const loaded = lazily(async () => {
    const undici = await import('undici')
    // Goes through the proxy of the process, if there is one; plain http stays direct.
    const dispatcher = new undici.EnvHttpProxyAgent({ connect: options, requestTls: options, httpProxy: '' })
    return { fetch: undici.fetch, dispatcher }
  })
  return async (address, init) => {
    const { fetch, dispatcher } = await loaded()
    return fetch(address, { ...init, dispatcher })
  }
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

function secureOptions(settings: TlsSettings): SecureContextOptions {
  const { certificateFile, keyFile, pfxFile, passphrase, caFile } = settings
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new RollcallError('ConfigInvalid', 'tls takes certificateFile and keyFile together')
  if (pfxFile !== undefined && certificateFile !== undefined)
    throw new RollcallError('ConfigInvalid', 'tls takes pfxFile, or certificateFile and keyFile, not both')
  const options: SecureContextOptions = {
    ...(certificateFile === undefined ? {} : { cert: fileOf('tls.certificateFile', certificateFile) }),
    ...(keyFile === undefined ? {} : { key: fileOf('tls.keyFile', keyFile) }),
    ...(pfxFile === undefined ? {} : { pfx: fileOf('tls.pfxFile', pfxFile) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(caFile === undefined ? {} : { ca: [...trusted(), fileOf('tls.caFile', caFile).toString()] }),
  }
  try {
    tls.createSecureContext(options)
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      'the files under tls cannot be used: check that they are PEM or PFX, that key and certificate belong together, and the passphrase',
    )
  }
  return options
}

/** The authorities that this process trusts anyway; a list of one's own replaces them. Node 20 only knows its own. */
function trusted(): readonly string[] {
  return typeof tls.getCACertificates === 'function' ? tls.getCACertificates('default') : tls.rootCertificates
}

/** The content of a file that a setting names. Throws `ConfigInvalid`, and does not repeat the name: it may be a key. */
export function fileOf(setting: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new RollcallError(
      'ConfigInvalid',
      `${setting} names a file that cannot be read; check the path and its permissions`,
    )
  }
}

import { readFileSync, statSync } from 'node:fs'
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

/** Certificates are replaced about every few weeks, so this is soon enough. */
const LOOK_EVERY_MS = 60_000

/**
 * A `fetch` that shows the client certificate. Throws `ConfigInvalid` at once for files that cannot
 * be used. Files that were replaced are read again within a minute; while they cannot be used, for
 * example because only one of them was replaced, the old ones stay in use.
 */
export function tlsFetch(settings: TlsSettings | undefined, now: () => number): Fetch {
  if (settings === undefined) return (address, init) => fetch(address, init)
  let held = { options: secureOptions(settings), version: versionOf(settings), lookedAt: now() }
  let connected: Promise<Connected> | null = null
  return async (address, init) => {
    const renewed = renewedOptions(settings, held, now())
    if (renewed.options !== held.options) {
      // Requests in progress end on the old connections.
      void connected?.then(({ dispatcher }) => dispatcher.close())
      connected = null
    }
    held = renewed
    const { fetch, dispatcher } = await (connected ??= connect(held.options))
    return fetch(address, { ...init, dispatcher })
  }
}

type Connected = Awaited<ReturnType<typeof connect>>

async function connect(options: SecureContextOptions) {
  const undici = await import('undici')
  // Goes through the proxy of the process, if there is one; plain http stays direct.
  const dispatcher = new undici.EnvHttpProxyAgent({ connect: options, requestTls: options, httpProxy: '' })
  return { fetch: undici.fetch, dispatcher }
}

interface HeldOptions {
  readonly options: SecureContextOptions
  /** Of the files the options were read from. */
  readonly version: string
  readonly lookedAt: number
}

function renewedOptions(settings: TlsSettings, held: HeldOptions, now: number): HeldOptions {
  if (now - held.lookedAt < LOOK_EVERY_MS) return held
  const version = versionOf(settings)
  if (version === held.version) return { ...held, lookedAt: now }
  try {
    return { options: secureOptions(settings), version, lookedAt: now }
  } catch {
    return { ...held, lookedAt: now }
  }
}

/** Changes when one of the files does. */
function versionOf({ certificateFile, keyFile, pfxFile, caFile }: TlsSettings): string {
  const times = [certificateFile, keyFile, pfxFile, caFile].map((file) =>
    file === undefined ? null : (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null),
  )
  return times.join()
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

/**
 * The authorities that this process trusts anyway; a list of one's own replaces them. Node 20 only
 * knows its own.
 */
function trusted(): readonly string[] {
  return typeof tls.getCACertificates === 'function' ? tls.getCACertificates('default') : tls.rootCertificates
}

/**
 * The content of a file that a setting names. Throws `ConfigInvalid`, and does not repeat the name:
 * it may be a key.
 */
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

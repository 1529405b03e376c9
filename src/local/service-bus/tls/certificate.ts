import { isIP } from 'node:net'

/** What a TLS server shows, and what its clients have to trust. All in PEM. */
export interface Certificate {
  /** The server's private key. */
  readonly key: string
  /** The server's certificate. */
  readonly cert: string
  /**
   * The certificate of the authority that signed it: give it to clients (`NODE_EXTRA_CA_CERTS`).
   */
  readonly ca: string
}

/** A year: no longer than clients take. */
const LIFE_MS = 365 * 24 * 60 * 60 * 1000

/**
 * Makes a certificate for a server on this machine, reachable as `localhost`, `127.0.0.1`, `::1`
 * and under `names`. The key of its authority is discarded, so trusting the authority means
 * trusting this one certificate.
 */
export async function makeCertificate(names: readonly string[] = []): Promise<Certificate> {
  // Only when it is needed: it is some 200 modules.
  const { generate } = await import('selfsigned')
  // Clients refuse a certificate from the future, and clocks differ by some minutes.
  const notBeforeDate = new Date(Date.now() - 60 * 60 * 1000)
  const notAfterDate = new Date(notBeforeDate.getTime() + LIFE_MS)
  const common = { notBeforeDate, notAfterDate, keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const
  const authority = await generate([{ name: 'commonName', value: 'Rollcall Service Bus double' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: ['localhost', '127.0.0.1', '::1', ...names].map(nameOf) },
    ],
  })
  return { key: server.private, cert: server.cert, ca: authority.cert }
}

function nameOf(name: string) {
  return isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const)
}

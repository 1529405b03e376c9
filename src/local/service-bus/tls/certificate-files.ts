import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from './certificate.ts'

export interface KeptCertificate extends Certificate {
  /** The file with the authority's certificate, for `NODE_EXTRA_CA_CERTS` and its like. */
  readonly caFile: string
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * The certificate in a folder: the one made there before while it is good for another day, else a
 * new one. Clients that trust `ca.pem` go on doing so over restarts. The key is readable by its
 * owner only. Rejects when the folder cannot be read or written.
 */
export async function certificateIn(folder: string, names: readonly string[] = []): Promise<KeptCertificate> {
  const caFile = join(folder, 'ca.pem')
  const known = await read(folder)
  if (known !== undefined && isGood(known, names)) return { ...known, caFile }
  const made = await makeCertificate(names)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await write(join(folder, 'key.pem'), made.key, 0o600)
  await write(join(folder, 'cert.pem'), made.cert, 0o644)
  await write(caFile, made.ca, 0o644)
  return { ...made, caFile }
}

async function read(folder: string): Promise<Certificate | undefined> {
  try {
    const [key, cert, ca] = await Promise.all(
      ['key.pem', 'cert.pem', 'ca.pem'].map((name) => readFile(join(folder, name), 'utf8')),
    )
    return key === undefined || cert === undefined || ca === undefined ? undefined : { key, cert, ca }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function isGood({ cert, ca }: Certificate, names: readonly string[]): boolean {
  try {
    const server = new X509Certificate(cert)
    const signed = server.verify(new X509Certificate(ca).publicKey)
    const fits = names.every((name) => server.checkHost(name) ?? server.checkIP(name))
    return signed && fits && Date.parse(server.validTo) > Date.now() + DAY_MS
  } catch {
    return false
  }
}

/** A file that is being read is replaced, not changed. */
async function write(path: string, content: string, mode: number): Promise<void> {
  const beside = `${path}.${process.pid}`
  await writeFile(beside, content, { mode })
  await rename(beside, path)
}

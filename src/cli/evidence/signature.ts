import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { writeParts } from '../../compose/files.ts'
import { readOptionFile } from '../../compose/option-file.ts'
import { RollcallError } from '../../core/errors.ts'

/**
 * The signature is over the checksum of a report, so that a report can be written without being
 * held in memory. The files are those of the usual tools: `sha256sum -c FILE.sha256`, and
 * `openssl pkeyutl -verify -rawin -pubin -inkey KEY -in FILE.sha256 -sigfile FILE.sha256.sig`.
 */
const checksumOf = (file: string): string => `${file}.sha256`
const signatureOf = (file: string): string => `${checksumOf(file)}.sig`

/** Reads an Ed25519 key. Throws `FileUnreadable`, or `FileInvalid` for any other content. */
export function readKey(option: string, path: string, kind: 'private' | 'public'): KeyObject {
  const pem = readOptionFile(option, path)
  try {
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // The message could quote the key.
  }
  throw new RollcallError(
    'FileInvalid',
    `${option}: ${path} is not an Ed25519 ${kind} key in PEM; openssl genpkey -algorithm ed25519 makes one`,
  )
}

/**
 * Writes a report, its checksum and, with a key, the signature of the checksum. Only their owner
 * can read them. Throws `FileExists` when the report is there already.
 */
export async function writeReport(
  file: string,
  parts: AsyncIterable<string>,
  key: KeyObject | null,
): Promise<readonly string[]> {
  const hash = createHash('sha256')
  async function* hashed(): AsyncGenerator<string> {
    for await (const part of parts) {
      hash.update(part)
      yield part
    }
  }
  await writeParts(file, hashed())
  const checksum = Buffer.from(`${hash.digest('hex')}  ${basename(file)}\n`)
  writeFileSync(checksumOf(file), checksum, { mode: 0o600 })
  if (key === null) return [file, checksumOf(file)]
  writeFileSync(signatureOf(file), sign(null, checksum, key), { mode: 0o600 })
  return [file, checksumOf(file), signatureOf(file)]
}

/** What is known of where a report comes from. */
export type Origin = 'signed' | 'checksum' | 'unknown'

/**
 * Checks the content of a report against its checksum, and that against its signature if a key is
 * given. Throws `FileInvalid` when one of them does not fit, or is missing although a key is given.
 */
export function originOf(file: string, content: Buffer, key: KeyObject | null): Origin {
  const wrong = (what: string): never => {
    throw new RollcallError('FileInvalid', what)
  }
  const hasChecksum = existsSync(checksumOf(file))
  if (!hasChecksum && key === null) return 'unknown'
  if (!hasChecksum) wrong(`${checksumOf(file)} is missing; a signature is that of this file`)
  const checksum = readFileSync(checksumOf(file))
  if (checksum.toString().split(' ', 1)[0] !== createHash('sha256').update(content).digest('hex'))
    wrong(`${file} is not what ${checksumOf(file)} says: one of them was changed`)
  if (key === null) return 'checksum'
  if (!existsSync(signatureOf(file))) wrong(`${signatureOf(file)} is missing; the report is not signed`)
  if (!verify(null, checksum, key, readFileSync(signatureOf(file))))
    wrong(`${signatureOf(file)} is not a signature of ${checksumOf(file)} by this key`)
  return 'signed'
}

import {
  brotliDecompress,
  type CompressCallback,
  gunzip,
  inflate,
  inflateRaw,
  type ZlibOptions,
} from 'node:zlib'
import { MOST_UNPACKED_BYTES, type Packing, type Unpacked } from '../../../core/intake/body/bytes.ts'
import type { SourceQueue } from '../../../core/ports.ts'
import { type BusMessage, unpackMessage } from '../message.ts'

type Decompress = (
  bytes: Uint8Array,
  options: Pick<ZlibOptions, 'maxOutputLength'>,
  done: CompressCallback,
) => void
const DECOMPRESS: Readonly<Record<Packing, Decompress>> = {
  gzip: gunzip,
  zlib: inflate,
  'raw deflate': inflateRaw,
  brotli: brotliDecompress,
}

/**
 * Unpacks on a thread of the pool, so that nothing waits for it, and stops where it grows too
 * large.
 */
export function unpack(bytes: Uint8Array, packing: Packing): Promise<Unpacked> {
  return new Promise((resolve) => {
    DECOMPRESS[packing](bytes, { maxOutputLength: MOST_UNPACKED_BYTES }, (error, unpacked) => {
      if (error === null) resolve({ kind: 'bytes', bytes: unpacked })
      else resolve({ kind: isTooLarge(error) ? 'too large' : 'damaged' })
    })
  })
}

function isTooLarge(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

/**
 * The same source queue, with packed bodies unpacked before a message is passed on. Messages stay
 * in the order in which they arrive, and are unpacked one after another: a burst of them takes
 * neither the pool nor the memory of the process.
 */
export function unpacking(sourceQueue: SourceQueue<BusMessage>): SourceQueue<BusMessage> {
  return {
    open: async (onMessage) => {
      let pending = 0
      let last = Promise.resolve()
      const pass = async (before: Promise<void>, message: BusMessage): Promise<void> => {
        await before
        await unpackMessage(message, unpack)
        pending -= 1
        onMessage(message)
      }
      const receiver = await sourceQueue.open((message) => {
        if (message.packed === null && pending === 0) return onMessage(message)
        pending += 1
        last = pass(last, message)
      })
      return {
        settle: (dispositions) => receiver.settle(dispositions),
        stopReceiving: async () => {
          await receiver.stopReceiving()
          await last
        },
        handBack: () => receiver.handBack(),
        close: () => receiver.close(),
      }
    },
  }
}

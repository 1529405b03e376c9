import { type ErrorCode, RollcallError } from '../../../../core/errors.ts'
import type { Ledger } from '../../../../core/ledger/ledger.ts'

/** Calls a method of the ledger in the worker, or one of the module beside it. */
export interface Call {
  readonly id: number
  readonly method: string
  readonly arguments: readonly unknown[]
}

/** Other work that is done in the thread of the ledger, on the ledger that is open there. */
export interface ThreadModule {
  /** Exports `open` of the type `OpenBeside`. It is loaded when the ledger is open. */
  readonly url: string
  /** Given to `open`. */
  readonly data: unknown
}
export interface Beside {
  readonly methods: Readonly<Record<string, (...given: never[]) => Promise<unknown>>>
  close(): Promise<void>
}
export type OpenBeside = (ledger: Ledger, data: unknown) => Beside

/** `id` 0 reports the opening, with the names of the ledger's methods. */
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PackedError }

/** The worker lost the ledger for good and ends. */
export interface Lost {
  readonly lost: PackedError
}

/**
 * The worker requests a token by its scope; the main thread has the identity and its token cache.
 */
export interface TokenWanted {
  readonly tokenFor: string
  readonly id: number
}
export type TokenAnswer = { readonly token: string | null; readonly id: number }

/** An error loses its class and its fields between threads, so it is sent as plain data. */
export type PackedError =
  | { readonly ours: true; readonly code: ErrorCode; readonly message: string }
  | { readonly ours: false; readonly code: string; readonly message: string }

export function pack(error: unknown): PackedError {
  if (error instanceof RollcallError) return { code: error.code, message: error.message, ours: true }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'Unknown'
  return { code, message: error instanceof Error ? error.message : String(error), ours: false }
}

export function revive(error: PackedError): Error {
  return error.ours
    ? new RollcallError(error.code, error.message)
    : Object.assign(new Error(error.message), { code: error.code })
}

import type { Runtime } from '../../../core/runtime.ts'
import { pauseMs } from './trouble.ts'

/** A link that is lost earlier than this counts as a failed attempt. */
const STEADY_MS = 30_000

/**
 * Hooks that the client calls before and after each attempt to open the link. They are not in its
 * published types, and are the only way to set the pause between attempts (streamingReceiver.js,
 * 7.9.5).
 */
export interface OpenHooks {
  preInitialize(): Promise<void>
  postInitialize(): Promise<void>
}

/** The client's attempts to open a link, with a growing pause between those that fail. */
export interface OpenAttempts {
  readonly hooks: OpenHooks
  /** When the last attempt began. */
  readonly triedAt: number
  readonly isOpen: boolean
  /** Whether it has been open long enough that earlier attempts no longer count. */
  readonly isSteady: boolean
  /** A message arrived, which proves the link. */
  succeeded(): void
  failed(code: string): void
  /** The link is opened anew as a remedy, which does not count as a failed attempt. */
  restart(): void
}

/** Without the pauses, the client tries every half second for ever. `pausing` ends one early. */
export function openAttempts(
  onTrouble: (() => void) | undefined,
  pausing: AbortSignal,
  runtime: Pick<Runtime, 'now' | 'sleep' | 'random'>,
): OpenAttempts {
  /** Since the link last held or brought something. */
  let attempts = 0
  let lastCode = ''
  let openedAt: number | null = null
  let triedAt = runtime.now()
  const isSteady = (): boolean => openedAt !== null && runtime.now() - openedAt >= STEADY_MS
  const hooks: OpenHooks = {
    preInitialize: async () => {
      if (isSteady()) attempts = 0
      openedAt = null
      attempts += 1
      triedAt = runtime.now()
      if (attempts === 1) return
      onTrouble?.()
      await runtime.sleep(pauseMs(attempts - 1, lastCode, runtime.random()), pausing)
      triedAt = runtime.now()
    },
    postInitialize: async () => {
      openedAt = runtime.now()
    },
  }
  return {
    hooks,
    get triedAt() {
      return triedAt
    },
    get isOpen() {
      return openedAt !== null
    },
    get isSteady() {
      return isSteady()
    },
    succeeded: () => (attempts = 0),
    failed: (code) => (lastCode = code),
    restart: () => {
      attempts = 0
      openedAt = null
      triedAt = runtime.now()
    },
  }
}

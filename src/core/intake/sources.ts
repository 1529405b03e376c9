/** What is agreed with one HR system about its events. */
export interface Source {
  /** IANA zone its plain dates are meant in. */
  readonly zone: string
  /** Of two events that take effect at one moment that of the higher rank stands. */
  readonly rank: number
  /** What orders the source's own events. */
  readonly order: 'version' | 'sequence' | 'time'
  /** Whether the date of a termination is the last day worked (`inclusive`) or the first day out (`exclusive`). */
  readonly lastDay: 'inclusive' | 'exclusive'
  /** Notices are taken because there is somebody to ask; otherwise they are refused as `NoticeUnsupported`. */
  readonly notices?: boolean
}

export const DEFAULT_SOURCE: Source = { zone: 'UTC', rank: 0, order: 'version', lastDay: 'exclusive' }

/** By the CloudEvents `source` attribute. */
export type SourceRules = (source: string) => Source

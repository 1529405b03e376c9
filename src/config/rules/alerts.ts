import type { AlertLimits } from '../../core/alerts/scene/scene.ts'
import { AlertThresholdSettings, durationMs, writtenDuration } from '../../core/alerts/settings.ts'
import type { Stage } from '../../core/ledger/port/figures.ts'
import type { Settings } from '../environment.ts'
import type { Path, Problem } from '../path.ts'

/** `alerts` of the file, compiled. */
export type AlertThresholds = Omit<AlertLimits, 'callsPerDay'>

const MINUTE_MS = 60_000
/** How much later something is an alert than the settings alone may make it wait. */
const MARGIN_MS = 15 * MINUTE_MS

/** How long the settings alone may make work wait in a stage. */
function plannedWaits(settings: Settings): Readonly<Record<Stage, Wait>> {
  const folding: Wait = { from: 'COALESCE_MAX_WAIT_MS, which is ', ms: settings.COALESCE_MAX_WAIT_MS }
  return {
    received: folding,
    due: folding,
    waiting: NONE,
    accepted: {
      from: 'OUTCOME_DEADLINE_MS + LOG_MAX_LAG_MS, which is ',
      ms: settings.OUTCOME_DEADLINE_MS + settings.LOG_MAX_LAG_MS,
    },
    answered: { from: 'FINAL_QUIET_MS, which is ', ms: settings.FINAL_QUIET_MS },
    unpublished: NONE,
  }
}
interface Wait {
  /** What it is made of, before the duration in a message. */
  readonly from: string
  readonly ms: number
}
const NONE: Wait = { from: '', ms: 0 }

/**
 * Compiles the thresholds, with defaults that follow the settings. One that the settings alone
 * would cross goes to `problems`: it would make an alert of work that waits as configured.
 */
export function compileThresholds(
  file: AlertThresholdSettings | undefined,
  settings: Settings,
  problems: Problem[],
): AlertThresholds {
  const written = file ?? AlertThresholdSettings.parse({})
  const longerThan = (wait: Wait, path: Path, duration: string | undefined): number => {
    const ms = duration === undefined ? wait.ms + MARGIN_MS : (durationMs(duration) ?? 0)
    if (ms <= wait.ms)
      problems.push({ path, message: `must be longer than ${wait.from}${writtenDuration(wait.ms)}` })
    return ms
  }
  const waits = plannedWaits(settings)
  const logLag: Wait = { from: 'LOG_MAX_LAG_MS, which is ', ms: settings.LOG_MAX_LAG_MS }
  return {
    leaverMs: durationMs(written.leavers) ?? 0,
    stagesMs: eachStage((stage) =>
      longerThan(waits[stage], ['alerts', 'stages', stage], written.stages[stage]),
    ),
    holdMs: durationMs(written.holds) ?? 0,
    logMs: longerThan(logLag, ['alerts', 'log'], written.log),
    quotaShare: written.quota / 100,
    escrowShare: written.escrow / 100,
    channelMs: durationMs(written.channels) ?? 0,
    receiversMs: durationMs(written.receivers) ?? 0,
    loopMs: durationMs(written.loops) ?? 0,
  }
}

/** The thresholds in force, as the file writes them. */
export function writtenThresholds(thresholds: AlertThresholds): AlertThresholdSettings {
  return {
    leavers: writtenDuration(thresholds.leaverMs),
    holds: writtenDuration(thresholds.holdMs),
    quota: Math.round(thresholds.quotaShare * 100),
    escrow: Math.round(thresholds.escrowShare * 100),
    stages: eachStage((stage) => writtenDuration(thresholds.stagesMs[stage])),
    log: writtenDuration(thresholds.logMs),
    receivers: writtenDuration(thresholds.receiversMs),
    loops: writtenDuration(thresholds.loopMs),
    channels: writtenDuration(thresholds.channelMs),
  }
}

function eachStage<T>(of: (stage: Stage) => T): Readonly<Record<Stage, T>> {
  return {
    received: of('received'),
    due: of('due'),
    waiting: of('waiting'),
    accepted: of('accepted'),
    answered: of('answered'),
    unpublished: of('unpublished'),
  }
}

import { EXIT_CODES } from '../../../core/errors.ts'
import type { EmergencyStatus } from '../../../core/emergency/ledger.ts'
import { affordableCalls } from '../../../core/emergency/money.ts'
import { type LaneNeed, laneNeed } from '../../../core/emergency/need.ts'
import { EMERGENCY_REASONS, EMERGENCY_WAITS } from '../../../core/emergency/reasons.ts'
import type { EmergencyRules } from '../../../core/emergency/settings.ts'
import { amountInWords, type LaneStanding, standingOf } from '../../../core/emergency/standing.ts'
import type { CallLimits } from '../../../core/ledger/port/submit.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, printTable } from '../../support/output.ts'
import { inForce, ownConfigOption } from '../../support/running/in-force.ts'
import { type DirectSpending, directToJson, laneToJson, readDirectSpending } from './spending.ts'

export const register: RegisterCommand = (emergency, { environment, finish }) => {
  emergency
    .command('status', { isDefault: true })
    .description('what the lane spent of its budget, whether it is used now, and the leavers who wait for it')
    .addOption(ownConfigOption())
    .addOption(formatOption())
    .action(async (options) => finish(await emergencyStatus(environment, options)))
}

interface StatusOptions {
  readonly ownConfig: boolean
  readonly output: Format
}

/** Always exit 0. */
function emergencyStatus(
  environment: NodeJS.ProcessEnv,
  { ownConfig, output }: StatusOptions,
): Promise<number> {
  return withLedger(environment, async (ledger, own) => {
    const { config } = await inForce(ledger, own, { ownConfig, rules: 'unused' })
    const [{ brakeOf }, { destinationNames, limitsOf }] = await Promise.all([
      import('../../../compose/settings.ts'),
      import('../../../compose/destinations/list.ts'),
    ])
    const now = Date.now()
    const { emergency: rules } = config.rules
    const destinations = destinationNames(config)
    const { windowMs: brakeWindowMs } = brakeOf(config)
    const figures = await ledger.readFigures({ now, brakeWindowMs, destinations })
    const uses: LaneUse[] = []
    const direct: DirectSpending[] = []
    for (const { name, quota } of destinations) {
      const costs = await readDirectSpending(ledger, config, name, now)
      if (costs) direct.push(costs)
      else {
        const status = await ledger.readEmergencyStatus(now, name, quota)
        uses.push(useOf(name, status, limitsOf(config, name), rules))
      }
    }
    const { spent } = await ledger.readEmergencyStatus(now)
    const standing = standingOf(spent, figures, rules)
    const callsLeft = rules && affordableCalls(rules.budget, spent, rules.microUsdPerCall)
    if (output === 'json')
      printJson({ ...laneToJson(standing), callsLeft, destinations: uses, direct: direct.map(directToJson) })
    else print(standing, callsLeft ?? 0, uses, direct)
    return EXIT_CODES.done
  })
}

/** Whether the lane is used for a destination now. */
interface LaneUse {
  readonly destination: string
  /** What keeps the job from taking deactivations. */
  readonly because: readonly LaneNeed['obstacles'][number]['reason'][]
  /** A person paused the job, or the ledger is older than the directory. */
  readonly closed: boolean
}

function useOf(
  destination: string,
  status: EmergencyStatus,
  limits: CallLimits,
  rules: EmergencyRules | null,
): LaneUse {
  if (rules === null) return { destination, because: [], closed: false }
  const { obstacles, closed } = laneNeed(status, limits, rules)
  return { destination, because: obstacles.map(({ reason }) => reason), closed }
}

function print(
  { spent, budget, waits }: LaneStanding,
  callsLeft: number,
  uses: readonly LaneUse[],
  direct: readonly DirectSpending[],
): void {
  const ofOne = uses.length === 1
  printTable(
    ['emergency lane', ''],
    [
      ['USD in the last 24 h', amountInWords(spent, budget, 'day')],
      ['USD in the last 31 days', amountInWords(spent, budget, 'month')],
      ['calls that the rest pays for', callsLeft],
      ...uses.map((use) => [
        ofOne ? 'used now' : `used now for ${use.destination}`,
        describeUse(budget === null, use),
      ]),
      ['leavers who wait for it', waits.reduce((sum, [, leavers]) => sum + leavers, 0)],
    ],
  )
  if (direct.length > 0) {
    printLines('')
    printTable(
      ['direct destination', 'USD in the last 24 h', 'in the last 31 days'],
      direct.map((one) => [
        one.destination,
        amountInWords(one.spent, one.budget, 'day'),
        amountInWords(one.spent, one.budget, 'month'),
      ]),
    )
  }
  if (waits.length === 0) return
  printLines('')
  printTable(
    ['they wait because', 'leavers', 'what to do'],
    waits.map(([why, leavers]) => [EMERGENCY_WAITS[why].meaning, String(leavers), EMERGENCY_WAITS[why].fix]),
  )
}

function describeUse(isOff: boolean, { because, closed }: LaneUse): string {
  if (isOff) return 'no: it is off, because the configuration sets no budget (leavers.emergency)'
  if (closed) return 'no: the job was paused, or the ledger is older than the directory'
  return because.length === 0
    ? 'no: the job takes deactivations'
    : because.map((reason) => EMERGENCY_REASONS[reason]).join('; ')
}

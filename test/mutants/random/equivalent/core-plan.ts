import { type Known, ONLY_SPARES_WORK } from './known.ts'

const STRICT = 'the order is strict: two events never compare as equal'
const ONE_NAME = 'an employee has one event of a source and id'
const THE_SLOW_WAY = 'the slow way, for events that are not known in order, gives the same'

export const CORE_PLAN: readonly Known[] = [
  ['plan/retain/retain.ts', 'compareEvents(event, first) < 0', 'compareEvents(event, first) <= 0', STRICT],
  [
    'plan/decide/decide-event.ts',
    'compareEvents(other, winner) > 0',
    'compareEvents(other, winner) >= 0',
    STRICT,
  ],
  ['plan/decide/decide-event.ts', 'events.find((', 'events.findLast((', ONE_NAME],
  [
    'plan/fold/fold.ts',
    'type !== ERASED',
    'type === ERASED',
    'an employee with nothing else has no snapshot',
  ],
  ['plan/fold/fold.ts', 'recordedLast <= recordedAt', 'recordedLast < recordedAt', THE_SLOW_WAY],
  ['plan/fold/fold.ts', 'at < nextAt', 'at <= nextAt', 'the same moment'],
  ['plan/fold/fold.ts', 'dead && rescinds !== null', 'dead || rescinds !== null', ONLY_SPARES_WORK],
  ['plan/fold/rescind.ts', '    settled.add(event.seq)', '', ONLY_SPARES_WORK],
]

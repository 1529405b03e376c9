import { type Known, ONLY_SPARES_WORK } from './known.ts'

const STRICT = 'the order is strict: two events never compare as equal'
const SIGN = 'only the sign of a comparison counts'
const A_PLACE = 'every event in the fold has a place in the order'
const NEITHER = 'a second line: no cut adds an attribute or changes what is ahead'
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
  [
    'plan/decide/brake.ts',
    'employeeId < other.employeeId ?',
    'employeeId <= other.employeeId ?',
    'ids are unique',
  ],
  ['plan/decide/brake.ts', '? -1 : 1', '? -1 : 2', SIGN],
  ['plan/decide/effective-state.ts', 'if (events.every(', 'if (false && events.every(', ONLY_SPARES_WORK],
  [
    'plan/decide/leaving.ts',
    'if (!isInactive',
    'if (false && !isInactive',
    'without notes the decision is the same',
  ],
  [
    'plan/decide/service-failure.ts',
    'events.find((event) => event.seq',
    'events.findLast((event) => event.seq',
    'an employee has one event of a seq',
  ],
  ['plan/fold/flatten.ts', 'if (keys.length === 1', 'if (false && keys.length === 1', ONLY_SPARES_WORK],
  [
    'plan/fold/flatten.ts',
    'if (value !== undefined &&',
    'if (false && value !== undefined &&',
    ONLY_SPARES_WORK,
  ],
  ['plan/fold/order.ts', 'compareEvents(before, event) > 0', 'compareEvents(before, event) >= 0', STRICT],
  ['plan/fold/order.ts', '? 1 : -1', '? 2 : -1', SIGN],
  ['plan/fold/order.ts', 'if (a === b)', 'if (false && a === b)', ONLY_SPARES_WORK],
  ['plan/fold/snapshot.ts', 'if (newer.size', 'if (false && newer.size', ONLY_SPARES_WORK],
  ['plan/retain/loop.ts', 'if (removed > 0)', 'if (removed >= 0)', 'a counter stays the same with 0'],
  ['plan/mapping/nest.ts', "if (!path.includes('.'))", "if (false && !path.includes('.'))", ONLY_SPARES_WORK],
  ['plan/retain/retain.ts', 'place.get(event.seq) ?? 0', 'place.get(event.seq) ?? 1', A_PLACE],
  ['plan/retain/retain.ts', 'place.get(held.by) ?? 0', 'place.get(held.by) ?? 1', A_PLACE],
  ['plan/retain/retain.ts', '<= here', '< here', 'what the snapshot wrote itself is added to it'],
  ['plan/mapping/scim.ts', 'list.find(', 'list.findLast(', 'a list has one entry of a type'],
  ['plan/mapping/scim.ts', "if (key === 'schemas')", "if (false && key === 'schemas')", ONLY_SPARES_WORK],
  ['plan/loop.ts', 'if (pending.size > 0)', 'if (pending.size >= 0)', ONLY_SPARES_WORK],
  ['plan/retain/retain.ts', 'attributes.size || left', 'attributes.size && left', NEITHER],
  ['plan/retain/retain.ts', 'right.nextAt) return false', 'right.nextAt) return true', NEITHER],
  ['plan/fold/rescind.ts', 'if (events.every(', 'if (false && events.every(', ONLY_SPARES_WORK],
  ['plan/pilot.ts', '16) || 1', '16) || 2', 'the mark is only never that of no pilot'],
  ['plan/retain/retain.ts', 'if (left.attributes', 'if (false && left.attributes', NEITHER],
]

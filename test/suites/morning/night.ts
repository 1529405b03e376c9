import { day } from '../../fakes/events.ts'

/** What HR sent overnight, `each` of every cause, and what was there before. */
export interface Night {
  readonly before: readonly object[]
  readonly failing: readonly object[]
  readonly leaving: readonly object[]
}

/** Why events of the night fail, by the code that the dead letters have. */
export const CAUSES = ['EntryConflict', 'InvalidDomain', 'MappingFailed', 'TypeMissing'] as const

const idOf = (first: number, index: number): string => String(first + index)
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** A hire, complete but for what `worker` changes. */
function hired(id: string, worker: object): object {
  return {
    specversion: '1.0',
    id: `hire-${id}`,
    source: '/hr',
    type: 'worker.hired',
    subject: id,
    data: {
      mode: 'snapshot',
      effectiveDate: '2026-01-01',
      worker: {
        userName: `user${id}@contoso.com`,
        displayName: `User ${id}`,
        name: { givenName: 'User', familyName: id },
        active: true,
        ...worker,
      },
    },
  }
}

/** The night of `each` failures of every cause, and `leavers` of `employees`. */
export function night({
  each,
  employees,
  leavers,
}: Readonly<Record<'each' | 'employees' | 'leavers', number>>): Night {
  return {
    before: times(employees, (index) => hired(idOf(10_000, index), {})),
    failing: [
      // The user name belongs to an account that the directory already has.
      ...times(each, (index) => hired(idOf(20_000, index), { userName: `taken${index}@contoso.com` })),
      // The domain was never verified.
      ...times(each, (index) => hired(idOf(30_000, index), { userName: `user${index}@old.example` })),
      // The expression of the mapping expects a text.
      ...times(each, (index) => hired(idOf(40_000, index), { costCenter: 4711 })),
      // No message says what kind of event it is.
      ...times(each, (index) => ({ ...hired(idOf(50_000, index), {}), type: undefined })),
    ],
    leaving: times(leavers, (index) => ({
      specversion: '1.0',
      id: `leave-${idOf(10_000, index)}`,
      source: '/hr',
      type: 'worker.terminated',
      subject: idOf(10_000, index),
      time: new Date(day(40)).toISOString(),
      data: { effectiveDate: '2026-02-01', worker: { active: false } },
    })),
  }
}

/** Accounts that have the user names which HR gives to others. */
export const accounts = (count: number): readonly object[] =>
  times(count, (index) => ({
    objectId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    active: true,
    record: {},
    attributes: { userPrincipalName: `taken${index}@contoso.com` },
  }))

/** A user name for each employee whose first one was taken, as the operator gets it from HR. */
export const names = (each: number): string =>
  ['employee,userName', ...times(each, (index) => `${idOf(20_000, index)},free${index}@contoso.com`)].join(
    '\n',
  )

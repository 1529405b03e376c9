import type { HeldCause } from '../../../core/ledger/port/views/held.ts'

interface HeldText {
  readonly name: string
  readonly meaning: string
  /** What ends it. */
  readonly releases: string
  /** Whether it waits for a person. */
  readonly needsPerson: boolean
  readonly commands: readonly string[]
  /** What to say where nothing is held by it. */
  readonly none: string
}

/** What each cause means, and what releases an employee from it. */
export const HELD_TEXTS: Readonly<Record<HeldCause, HeldText>> = {
  brake: {
    name: 'Brake',
    meaning: 'More employees were to be deactivated within the window than the limit allows.',
    releases: 'A person: released ones are deactivated, refused ones stay enabled.',
    needsPerson: true,
    commands: [
      'rollcall brake release EMPLOYEE --justification "…"',
      'rollcall brake refuse EMPLOYEE --justification "…"',
    ],
    none: 'The brake holds no deactivation.',
  },
  refused: {
    name: 'Refused',
    meaning: 'A person refused these deactivations, so the accounts stay enabled.',
    releases:
      'HR: it takes the termination back, or says anew that the employee leaves. Or a person, by a release.',
    needsPerson: false,
    commands: ['rollcall brake release EMPLOYEE --justification "…"'],
    none: 'No deactivation is refused.',
  },
  incomplete: {
    name: 'Incomplete',
    meaning: 'Attributes that the mapping requires are missing, so nothing is sent.',
    releases:
      'An event that brings them. After INCOMPLETE_MS the events become dead letters, and return once the record is complete.',
    needsPerson: true,
    commands: ['rollcall events --state incomplete', 'rollcall explain EMPLOYEE'],
    none: 'Every record is complete.',
  },
  pilot: {
    name: 'Outside the pilot',
    meaning: 'These employees do not belong to the pilot: they are planned, and nothing is sent.',
    releases: 'A wider pilot in rollcall.yaml, or none.',
    needsPerson: false,
    commands: ['rollcall plan --mapping rollcall.yaml'],
    none: 'No employee is outside the pilot.',
  },
  blocks: {
    name: 'Blocked',
    meaning: 'A block keeps the account disabled, whatever HR says.',
    releases: 'Its end, or a person who lifts it.',
    needsPerson: false,
    commands: [
      'rollcall block EMPLOYEE --justification "…"',
      'rollcall unblock EMPLOYEE --justification "…"',
    ],
    none: 'No employee is blocked.',
  },
  future: {
    name: 'Future-dated',
    meaning: 'HR dated a change ahead, a block ends, or a failed record is tried again at a later moment.',
    releases: 'The moment. There is nothing to do.',
    needsPerson: false,
    commands: ['rollcall events --state held'],
    none: 'Nothing waits for a moment.',
  },
}
